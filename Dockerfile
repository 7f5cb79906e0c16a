# The images of docker-compose.yml that are built here: `segue`, and the trainer, with or without what Spark needs.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /segue
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY schemas schemas
COPY streams streams
COPY src src
RUN node src/bootstrap.cjs --build && npm prune --omit=dev

FROM node:20.20.2-bookworm-slim AS segue
ENV NODE_ENV=production
WORKDIR /segue
COPY package.json ./
COPY schemas schemas
COPY src/training/spark src/training/spark
COPY --from=build /segue/node_modules node_modules
COPY --from=build /segue/dist dist
# A volume mounted here takes over its owner.
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 9464
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["run"]

FROM segue AS trainer-worker-threads
CMD ["train"]

FROM segue AS trainer-spark
USER root
RUN apt-get update \
  && apt-get install -y --no-install-recommends maven openjdk-17-jre-headless python3-venv \
  && rm -rf /var/lib/apt/lists/*
ENV SEGUE_SPARK_FOLDER=/opt/segue
RUN node -e 'require("./dist/src/training/spark/spark-environment.js").prepareSpark("/opt/segue", console.log)' \
  && rm -rf "$HOME/.m2" "$HOME/.cache"
USER node
CMD ["train"]
