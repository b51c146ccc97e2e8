#!/usr/bin/env bats
# The hooks with stand-ins for gameday and buildkite-agent, which write down what they are told.

bats_load_library bats-support
bats_load_library bats-assert

setup() {
  here="$(cd "$BATS_TEST_DIRNAME/.." && pwd)"
  cd "$BATS_TEST_TMPDIR" || exit 1
  mkdir bin
  ln -s "$BATS_TEST_DIRNAME/stubs/gameday" "$BATS_TEST_DIRNAME/stubs/buildkite-agent" bin/
  for program in node bash env dirname mktemp rm rmdir mkdir mv ls cat sleep; do
    ln -s "$(command -v "$program")" bin/
  done
  export PATH="$PWD/bin" TOLD="$PWD/told" BUILDKITE_JOB_ID=job-1
  export BUILDKITE_PLUGIN_CONFIGURATION='{"scenarios":"drills/web.yaml"}'
  out='[--out][gameday-drills/job-1/drills]'
}

told() { cat "$TOLD"; }

@test "a scenario is run, annotated and uploaded" {
  run "$here/hooks/command"
  assert_success
  run told
  assert_line -n 0 "[run][drills/web.yaml]${out}[--annotate]"
  assert_line -n 1 '<artifact><upload><gameday-drills/job-1/**/*>'
  assert_equal "${#lines[@]}" 2
}

@test "every option reaches gameday as a word of its own" {
  export BUILDKITE_PLUGIN_CONFIGURATION='{"command":"certify","scenarios":["a b.yaml","@exec-form"],"rig":true,"yes":true,"ledger":"s3://b/p","claim":"drains > 90 % at 95 %","annotate":false,"reports":["html","junit"],"args":["--max","$(id)"]}'
  run "$here/hooks/command"
  assert_success
  run told
  assert_line -n 0 "[certify][a b.yaml][@exec-form]${out}[--rig][--yes][--ledger][s3://b/p][--claim][drains > 90 % at 95 %][--reporter][html=gameday-drills/job-1/report.html][--reporter][junit=gameday-drills/job-1/junit.xml][--max][\$(id)]"
}

@test "assert needs no scenario" {
  export BUILDKITE_PLUGIN_CONFIGURATION='{"command":"assert","args":["--step","integration"]}'
  run "$here/hooks/command"
  assert_success
  run told
  assert_line -n 0 "[assert]${out}[--annotate][--step][integration]"
}

@test "the job ends with the drill's exit code, whatever it is" {
  for code in 0 1 2 3 4 10 11 130; do
    GAMEDAY_ENDS=$code run "$here/hooks/command"
    assert_equal "$status" "$code"
  done
}

@test "an upload that fails does not change the exit code, and the drills stay" {
  GAMEDAY_ENDS=10 AGENT_ENDS=1 run "$here/hooks/command"
  assert_failure 10
  assert_output --partial 'the drills could not be uploaded'
  AGENT_ENDS=1 run "$here/hooks/pre-exit"
  assert_success
  assert [ -e gameday-drills/job-1/drills/drill/journal.jsonl ]
}

@test "drills of a job that was killed are uploaded before they are removed" {
  mkdir -p gameday-drills/job-1/drills/drill
  echo '{}' >gameday-drills/job-1/drills/drill/journal.jsonl
  run "$here/hooks/pre-exit"
  assert_success
  run told
  assert_output '<artifact><upload><gameday-drills/job-1/**/*>'
  assert [ ! -e gameday-drills ]
}

@test "uploaded drills are removed, and nothing is uploaded twice" {
  "$here/hooks/command"
  run "$here/hooks/pre-exit"
  assert_success
  assert [ ! -e gameday-drills ]
  run told
  assert_equal "${#lines[@]}" 2
}

@test "a step without drills is left by pre-exit as it is" {
  run "$here/hooks/pre-exit"
  assert_success
  assert [ ! -e "$TOLD" ]
}

@test "a canceled job uploads its journal, and ends with gameday's code" {
  GAMEDAY_WAITS="$PWD/waits" "$here/hooks/command" &
  hook=$!
  until [ -e waits ]; do sleep 0.05; done
  # As the agent does: to the hook and to what it runs.
  for pid in $(cat "/proc/$hook/task/$hook/children") "$hook"; do kill -TERM "$pid"; done
  code=0
  wait "$hook" || code=$?
  assert_equal "$code" 143
  run told
  assert_line -n 1 '<artifact><upload><gameday-drills/job-1/**/*>'
}

@test "without gameday on PATH npx gets the version of the plugin, and no token stands among its words" {
  mv bin/gameday bin/npx
  BUILDKITE_API_TOKEN=bkua_secret run "$here/hooks/command"
  assert_success
  run told
  assert_line -n 0 --regexp '^\[--yes\]\[gameday@[0-9]+\.[0-9]+\.[0-9]+\]\[run\]\[drills/web.yaml\]'
  refute_output --partial bkua_secret
}

@test "another version may be asked for" {
  mv bin/gameday bin/npx
  export BUILDKITE_PLUGIN_CONFIGURATION='{"scenarios":"a.yaml","version":"0.9.1"}'
  run "$here/hooks/command"
  run told
  assert_line -n 0 --partial '[gameday@0.9.1]'
}

@test "an agent without node is told so" {
  rm bin/node
  run "$here/hooks/command"
  assert_failure 2
  assert_output 'error: the gameday plugin needs Node 20.19 or later on the PATH of this agent'
}

refuses() {
  export BUILDKITE_PLUGIN_CONFIGURATION="$1"
  run "$here/hooks/command"
  assert_failure 2
  assert_line "error: gameday plugin: $2"
  assert [ ! -e "$TOLD" ]
}

@test "a wrong configuration is bad input, and nothing is started" {
  refuses '[]' 'the configuration is no map of options'
  refuses 'x' 'the configuration is no map of options'
  refuses '{"scenario":"a.yaml"}' 'there is no option "scenario"'
  refuses '{}' 'scenarios names one scenario file or a list of them'
  refuses '{"scenarios":[]}' 'scenarios names one scenario file or a list of them'
  refuses '{"scenarios":"--yes"}' 'scenarios names one scenario file or a list of them'
  refuses '{"command":"abort","scenarios":"a.yaml"}' 'command is one of run, assert, certify'
  refuses '{"scenarios":"a.yaml","rig":"true"}' 'rig is true or false, without quotes'
  refuses '{"scenarios":"a.yaml","reports":["pdf"]}' 'reports is a list of html, junit, markdown, test-engine'
  refuses '{"scenarios":"a.yaml","args":"--max 3"}' 'args is a list of texts'
  refuses '{"scenarios":"a.yaml","args":["--out","x"]}' 'args has --out, which is an option of the plugin or set by it'
  refuses '{"scenarios":"a.yaml","version":"1; id"}' 'version is a version of gameday, such as 0.1.0'
  refuses '{"scenarios":"a.yaml","claim":"drains"}' 'claim is for certify'
  refuses '{"command":"certify","scenarios":"a.yaml"}' 'claim and ledger are needed by certify'
  refuses '{"command":"assert","scenarios":"a.yaml"}' 'scenarios is for run and certify: assert judges a build'
  refuses '{"command":"assert","yes":true}' 'rig and yes are for run and certify: assert stops nothing'
}

@test "without a configuration nothing is started" {
  unset BUILDKITE_PLUGIN_CONFIGURATION
  run "$here/hooks/command"
  assert_failure 2
  assert_output --partial 'BUILDKITE_PLUGIN_CONFIGURATION is not set'
}
