# shellcheck shell=bash
# Where a job's drills are, and how they become artifacts.

# A folder of the job's own: a retry must not hide the drills of the attempt before it.
drills_folder() {
  echo "gameday-drills/${BUILDKITE_JOB_ID:-no-job}"
}

# Uploads the drills once. That it fails never changes how the job ends.
upload_drills() {
  local folder
  folder="$(drills_folder)"
  [[ -n "$(ls -A "$folder" 2>/dev/null)" ]] || return 0
  [[ -e "$folder.uploaded" ]] && return 0
  if buildkite-agent artifact upload "$folder/**/*"; then
    : >"$folder.uploaded"
  else
    echo "warning: the drills could not be uploaded; they are in $PWD/$folder on this agent" >&2
  fi
}

# Removes the drills if they were uploaded; else they are the only copy.
remove_drills() {
  local folder
  folder="$(drills_folder)"
  upload_drills
  if [[ -e "$folder.uploaded" || -z "$(ls -A "$folder" 2>/dev/null)" ]]; then
    rm -rf -- "$folder" "$folder.uploaded"
    rmdir gameday-drills 2>/dev/null || true
  fi
}
