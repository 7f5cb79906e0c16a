/** All that a report says, as one object: what `report.json` holds, and what the page and the text are written from. */
import { arch, cpus, platform, totalmem } from 'node:os';
import { programVersion } from '../../compiled-path';
import type { AucCauses } from '../../study/auc-causes';
import type { Evaluation } from '../../study/evaluate-study';
import type { GrowthPoint } from '../../study/growth';
import type { AlsStep, BaselineStep, LightFmStep, YardstickStep } from '../../study/model-steps';
import type { StudySettings } from '../../study/study-settings';
import type { SplitFigures, SplitName } from '../../study/study-split';
import type { PreprocessFigures } from './preprocess';
import type { DoneStep, FilterSettings, StudyOutcome } from './run-study';

export interface StudyReport {
  readonly made: {
    readonly program: string;
    readonly node: string;
    readonly machine: string;
    readonly at: string;
    /** What was said to make it. */
    readonly command: string;
    readonly threads: number;
    readonly steps: readonly Omit<DoneStep, 'folder'>[];
  };
  readonly settings: StudySettings;
  readonly filter: FilterSettings;
  readonly preprocess: PreprocessFigures;
  readonly splits: readonly SplitReport[];
}

export interface SplitReport {
  readonly name: SplitName;
  readonly test: SplitFigures;
  readonly validation: SplitFigures;
  readonly baseline?: Pick<BaselineStep, 'grid'>;
  readonly als?: AlsStep['search'];
  readonly lightfm?: LightFmStep['tuned'];
  readonly leftOut: readonly string[];
  readonly evaluation: Evaluation;
  readonly growth?: readonly GrowthPoint[];
  readonly aucCauses?: AucCauses;
}

export interface ReportRun {
  readonly settings: StudySettings;
  readonly filter: FilterSettings;
  readonly threads: number;
  readonly command: string;
  readonly nowMs: number;
  readonly steps: readonly DoneStep[];
}

export async function collectReport(
  { preprocess, study, models }: StudyOutcome,
  run: ReportRun,
): Promise<StudyReport> {
  const splits: SplitReport[] = [];
  for (const name of run.settings.splits) {
    const isFirst = splits.length === 0;
    const has = (model: (typeof models)[number]) => models.includes(model);
    const { test, validation } = (await study.split(name)).json;
    const yardsticks: YardstickStep | undefined = has('yardsticks')
      ? (await study.yardsticks(name)).json
      : undefined;
    splits.push({
      name,
      test,
      validation,
      ...(has('baseline') && { baseline: { grid: (await study.baseline(name)).json.grid } }),
      ...(has('als') && { als: (await study.als(name)).json.search }),
      ...(has('lightfm') && { lightfm: (await study.lightfm(name)).json.tuned }),
      leftOut: yardsticks?.leftOut ?? [],
      evaluation: (await study.evaluate(name, models)).json,
      ...(isFirst && { growth: (await study.growth(name)).json.points }),
      ...(isFirst && has('lightfm') && { aucCauses: (await study.aucCauses(name)).json }),
    });
  }
  return {
    made: {
      program: `segue ${programVersion()}`,
      node: `Node ${process.version}`,
      machine: machine(),
      at: new Date(run.nowMs).toISOString(),
      command: run.command,
      threads: run.threads,
      steps: run.steps.map(({ folder: _own, ...step }) => step),
    },
    settings: run.settings,
    filter: run.filter,
    preprocess: preprocess.json,
    splits,
  };
}

function machine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${memory} GiB, ${platform()} ${arch()}`;
}
