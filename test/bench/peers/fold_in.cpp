// The fold-in of src/als in C++ for comparison: the same two factorisations, the same refinement in double, on native
// vectors. Built by the bench with g++ -O3 -march=native.
//
// usage: fold_in FOLDER  (files: shape, factors, gramian, starts, indices, weights, targets; writes solutions)
// prints microseconds a row: the best of ROUNDS passes over all rows.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

typedef float vec __attribute__((vector_size(64), aligned(4)));
typedef double dvec __attribute__((vector_size(64), aligned(8)));

static const int LANES = 16;
static const int CHUNK = 64;
static const int ROUNDS = 7;

template <typename T>
static std::vector<T> read(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  if (!file) { perror(path.c_str()); exit(1); }
  fseek(file, 0, SEEK_END);
  std::vector<T> data(ftell(file) / sizeof(T));
  rewind(file);
  if (fread(data.data(), sizeof(T), data.size(), file) != data.size()) exit(1);
  fclose(file);
  return data;
}

static inline vec load(const float* p) { return *(const vec*)p; }
static inline void store(float* p, vec v) { *(vec*)p = v; }
static inline vec splat(float x) { return vec{} + x; }

static inline float sum(vec v) {
  float total = 0;
  for (int k = 0; k < LANES; k++) total += v[k];
  return total;
}

// C (order × order, rows of ld) += sign·AᵀB, upper triangle; A, B: count rows of lda.
static void rank_update(const float* a, const float* b, int count, int lda, float* c, int ldc, int order, float sign) {
  for (int i = 0; i < order; i += 8) {
    for (int j = i / LANES * LANES; j < order; j += LANES) {
      vec t[8] = {};
      for (int k = 0; k < count; k++) {
        vec right = load(b + (size_t)k * lda + j);
        const float* left = a + (size_t)k * lda + i;
        for (int r = 0; r < 8; r++) t[r] += left[r] * right;
      }
      for (int r = 0; r < 8; r++) {
        float* out = c + (size_t)(i + r) * ldc + j;
        store(out, load(out) + sign * t[r]);
      }
    }
  }
}

// A = UᵀU, upper, order a multiple of LANES.
static bool cholesky(float* a, int n, float* inverse) {
  for (int first = 0; first < n; first += LANES) {
    for (int k = first; k < first + LANES; k++) {
      float* row = a + (size_t)k * n;
      if (!(row[k] > 0)) return false;
      inverse[k] = 1 / std::sqrt(row[k]);
      for (int j = first; j < k; j++) row[j] = 0;
      for (int j = first; j < n; j += LANES) store(row + j, load(row + j) * inverse[k]);
      for (int m = k + 1; m < first + LANES; m++) {
        float* other = a + (size_t)m * n;
        vec factor = splat(row[m]);
        for (int j = first; j < n; j += LANES) store(other + j, load(other + j) - factor * load(row + j));
      }
    }
    int behind = n - first - LANES;
    if (behind > 0) {
      const float* panel = a + (size_t)first * n + first + LANES;
      rank_update(panel, panel, LANES, n, a + (size_t)(first + LANES) * n + first + LANES, n, behind, -1);
    }
  }
  return true;
}

static void solve(const float* u, int n, const float* inverse, float* x) {
  for (int k = 0; k < n; k++) {
    const float* row = u + (size_t)k * n;
    float z = x[k] * inverse[k];
    for (int j = k / LANES * LANES; j < n; j += LANES) store(x + j, load(x + j) - z * load(row + j));
    x[k] = z;
  }
  for (int k = n - 1; k >= 0; k--) {
    const float* row = u + (size_t)k * n;
    float z = x[k];
    x[k] = 0;
    vec t = {};
    for (int j = k / LANES * LANES; j < n; j += LANES) t += load(row + j) * load(x + j);
    x[k] = (z - sum(t)) * inverse[k];
  }
}

struct FoldIn {
  int d;
  const float* factors;
  const double* gramian;
  std::vector<float> matrix, inverse, weighted, gathered, step, root, transposed, small_step;
  std::vector<double> x, residual;

  FoldIn(int d, const float* factors, const double* gramian)
      : d(d), factors(factors), gramian(gramian), matrix(d * d), inverse(d), weighted(CHUNK * d), gathered(CHUNK * d),
        step(d), root(d), transposed(d * d), small_step(d), x(d), residual(d) {}

  void residual_of(const int* index, const float* w, const float* b, int n, double reg) {
    for (int i = 0; i < d; i++) {
      dvec t = {};
      for (int k = 0; k < d; k += 8) t += *(const dvec*)(gramian + (size_t)i * d + k) * *(const dvec*)(x.data() + k);
      double product = 0;
      for (int k = 0; k < 8; k++) product += t[k];
      residual[i] = -product - reg * x[i];
    }
    for (int j = 0; j < n; j++) {
      const float* y = factors + (size_t)index[j] * d;
      dvec t = {};
      for (int k = 0; k < d; k += 8)
        for (int l = 0; l < 8; l++) t[l] += (double)y[k + l] * x[k + l];
      double product = 0;
      for (int k = 0; k < 8; k++) product += t[k];
      double c = b[j] - w[j] * product;
      for (int k = 0; k < d; k++) residual[k] += c * (double)y[k];
    }
    for (int k = 0; k < d; k++) step[k] = (float)residual[k];
  }

  double add_step() {
    double change = 0, size = 0;
    for (int k = 0; k < d; k++) {
      x[k] += step[k];
      change += (double)step[k] * step[k];
      size += x[k] * x[k];
    }
    return std::sqrt(change / size);
  }

  void refine(const int* index, const float* w, const float* b, int n, double reg, bool is_short, int m, float* out) {
    std::fill(x.begin(), x.end(), 0.0);
    for (int round = 0;; round++) {
      double change = add_step();
      if (!(change > 1e-7) || (round > 0 && change <= 1e-3)) break;
      residual_of(index, w, b, n, reg);
      if (is_short) apply_short(m);
      else solve(matrix.data(), d, inverse.data(), step.data());
    }
    for (int k = 0; k < d; k++) out[k] = (float)x[k];
  }

  void run(const int* index, const float* w, const float* b, int n, double reg, float* out) {
    int m = (n + LANES - 1) / LANES * LANES;
    if (n + 8 <= d && m <= d) {
      for (int k = 0; k < d; k++) root[k] = (float)(1 / std::sqrt(gramian[(size_t)k * d + k] + reg));
      if (m > n) std::memset(transposed.data(), 0, sizeof(float) * d * m);
      for (int j = 0; j < n; j++) {
        const float* y = factors + (size_t)index[j] * d;
        float scale = std::sqrt(w[j]);
        for (int k = 0; k < d; k++) transposed[(size_t)k * m + j] = y[k] * root[k] * scale;
      }
      std::memset(matrix.data(), 0, sizeof(float) * m * m);
      for (int k = 0; k < m; k++) matrix[(size_t)k * m + k] = 1;
      rank_update(transposed.data(), transposed.data(), d, m, matrix.data(), m, m, 1);
      cholesky(matrix.data(), m, inverse.data());
      for (int j = 0; j < m; j++) small_step[j] = j < n ? b[j] / std::sqrt(w[j]) : 0;
      solve(matrix.data(), m, inverse.data(), small_step.data());
      for (int k = 0; k < d; k++) step[k] = root[k] * dot(&transposed[(size_t)k * m], small_step.data(), m);
      refine(index, w, b, n, reg, true, m, out);
      return;
    }
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) matrix[(size_t)i * d + j] = (float)gramian[(size_t)i * d + j];
      matrix[(size_t)i * d + i] = (float)(gramian[(size_t)i * d + i] + reg);
    }
    std::fill(step.begin(), step.end(), 0.f);
    for (int first = 0; first < n; first += CHUNK) {
      int size = n - first < CHUNK ? n - first : CHUNK;
      for (int j = 0; j < size; j++) {
        const float* y = factors + (size_t)index[first + j] * d;
        for (int k = 0; k < d; k++) {
          gathered[(size_t)j * d + k] = y[k];
          weighted[(size_t)j * d + k] = w[first + j] * y[k];
          step[k] += b[first + j] * y[k];
        }
      }
      rank_update(weighted.data(), gathered.data(), size, d, matrix.data(), d, d, 1);
    }
    cholesky(matrix.data(), d, inverse.data());
    solve(matrix.data(), d, inverse.data(), step.data());
    refine(index, w, b, n, reg, false, 0, out);
  }

  static float dot(const float* a, const float* b, int n) {
    vec t = {};
    for (int k = 0; k < n; k += LANES) t += load(a + k) * load(b + k);
    return sum(t);
  }

  void apply_short(int m) {
    std::fill(small_step.begin(), small_step.begin() + m, 0.f);
    for (int k = 0; k < d; k++) {
      step[k] *= root[k];
      for (int j = 0; j < m; j += LANES)
        store(&small_step[j], load(&small_step[j]) + step[k] * load(&transposed[(size_t)k * m + j]));
    }
    solve(matrix.data(), m, inverse.data(), small_step.data());
    for (int k = 0; k < d; k++) step[k] = root[k] * (step[k] - dot(&transposed[(size_t)k * m], small_step.data(), m));
  }
};

int main(int, char** argv) {
  std::string folder = std::string(argv[1]) + "/";
  auto shape = read<double>(folder + "shape");  // factors, regularisation
  int d = (int)shape[0];
  double reg = shape[1];
  auto factors = read<float>(folder + "factors");
  auto gramian = read<double>(folder + "gramian");
  auto starts = read<uint32_t>(folder + "starts");
  auto indices = read<int32_t>(folder + "indices");
  auto weights = read<float>(folder + "weights");
  auto targets = read<float>(folder + "targets");
  int rows = (int)starts.size() - 1;
  std::vector<float> solutions((size_t)rows * d);
  FoldIn fold_in(d, factors.data(), gramian.data());
  double best = 1e30;
  for (int round = 0; round < ROUNDS; round++) {
    auto start = std::chrono::steady_clock::now();
    for (int r = 0; r < rows; r++) {
      uint32_t s = starts[r];
      fold_in.run(&indices[s], &weights[s], &targets[s], (int)(starts[r + 1] - s), reg, &solutions[(size_t)r * d]);
    }
    double us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / rows;
    if (us < best) best = us;
  }
  FILE* file = fopen((folder + "solutions").c_str(), "wb");
  fwrite(solutions.data(), sizeof(float), solutions.size(), file);
  fclose(file);
  printf("{\"microseconds\": %f}\n", best);
}
