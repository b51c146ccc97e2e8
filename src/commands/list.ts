import type { Command } from '@oclif/core';
import Assert from './assert.ts';
import Certify from './certify.ts';
import Completion from './completion.ts';
import Doctor from './doctor.ts';
import DrillsAbort from './drills/abort.ts';
import DrillsCompare from './drills/compare.ts';
import DrillsJudge from './drills/judge.ts';
import DrillsList from './drills/list.ts';
import DrillsReport from './drills/report.ts';
import DrillsResume from './drills/resume.ts';
import DrillsShow from './drills/show.ts';
import Forecast from './forecast.ts';
import Gate from './gate.ts';
import Iam from './iam.ts';
import Init from './init.ts';
import LedgerAdd from './ledger/add.ts';
import LedgerDiff from './ledger/diff.ts';
import LedgerList from './ledger/list.ts';
import LedgerRebuild from './ledger/rebuild.ts';
import LedgerShow from './ledger/show.ts';
import LedgerVerify from './ledger/verify.ts';
import Losses from './losses.ts';
import Mcp from './mcp.ts';
import Merge from './merge.ts';
import Pipeline from './pipeline.ts';
import Preflight from './preflight.ts';
import Rehearse from './rehearse.ts';
import RigUp from './rig/up.ts';
import Run from './run.ts';
import ScenariosList from './scenarios/list.ts';
import ScenariosShow from './scenarios/show.ts';
import Study from './study.ts';
import Validate from './validate.ts';

/** Every command by its id; oclif finds commands only here. */
export const COMMANDS: Readonly<Record<string, Command.Class>> = {
  assert: Assert,
  certify: Certify,
  completion: Completion,
  doctor: Doctor,
  'drills:abort': DrillsAbort,
  'drills:compare': DrillsCompare,
  'drills:judge': DrillsJudge,
  'drills:list': DrillsList,
  'drills:report': DrillsReport,
  'drills:resume': DrillsResume,
  'drills:show': DrillsShow,
  forecast: Forecast,
  gate: Gate,
  iam: Iam,
  init: Init,
  'ledger:add': LedgerAdd,
  'ledger:diff': LedgerDiff,
  'ledger:list': LedgerList,
  'ledger:rebuild': LedgerRebuild,
  'ledger:show': LedgerShow,
  'ledger:verify': LedgerVerify,
  losses: Losses,
  mcp: Mcp,
  merge: Merge,
  pipeline: Pipeline,
  preflight: Preflight,
  rehearse: Rehearse,
  'rig:up': RigUp,
  run: Run,
  'scenarios:list': ScenariosList,
  'scenarios:show': ScenariosShow,
  study: Study,
  validate: Validate,
};
