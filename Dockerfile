# gameday with what its rig needs: Node, a shell, and util-linux for PID namespaces. `npm run build` comes first: nothing is
# downloaded or run here, so that the image holds exactly what the npm package does.
# The base: util-linux is in Debian's slim images. scripts/build-image.sh makes one without a registry, and docs/how-to/install.md
# says how to pin it by its digest.
ARG BASE=node:24-trixie-slim
FROM ${BASE}

WORKDIR /opt/gameday
COPY . .

# Journals, results and the state of drills under way lie in the folder that is mounted here.
ENV NODE_ENV=production \
    GAMEDAY_STATE_DIR=/drills/.gameday-state
WORKDIR /drills
# The user `node` of the base, by its number: Kubernetes' runAsNonRoot and ECS compare numbers.
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/gameday/bin/run.js"]
CMD ["--help"]
