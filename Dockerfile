# The service with its agent. Any builder takes it; BuildKit is not needed.
#   docker build -t atoll .
# Where Docker Hub does not answer, the bases are arguments. The two that build need sh, find, sort, xargs and sha256sum; the last one
# needs Node and nothing else: nothing is run in it.
ARG GO_IMAGE=golang:1.26-bookworm
ARG NODE_IMAGE=node:26-bookworm-slim
ARG RUNTIME_IMAGE=node:26-bookworm-slim

# The agent for every engine that the service may be pointed at, whatever it runs on itself.
FROM ${GO_IMAGE} AS agent
ARG AGENT_ARCHS="amd64 arm64"
WORKDIR /src
COPY agent agent
# The build's name is what bin/up gives the same sources.
RUN build=$(find agent -type f ! -name '*_test.go' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12) && \
    cd agent && for arch in $AGENT_ARCHS; do \
      CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -buildvcs=false -trimpath -ldflags "-s -w -X main.build=$build" \
        -o /out/atoll-agent-linux-$arch . || exit 1; \
    done

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional --ignore-scripts --no-audit --no-fund

# Those that the service runs with: a layer that changes with the lockfile alone. Types and maps are for compilers, and
# @nestjs/swagger brings a whole one that only its build plugin uses.
FROM packages AS runtime-packages
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && \
    rm -rf node_modules/typescript node_modules/@types && \
    find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -exec rm {} +

FROM packages AS build
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
RUN node_modules/.bin/nest build && mkdir -m 0700 /data

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="Atoll" \
      org.opencontainers.image.description="Self-hosted sandboxes: runs code you did not write, on your own Docker engine, over REST." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
WORKDIR /app
COPY --from=runtime-packages /app/node_modules node_modules
COPY --from=agent /out dist-agent
COPY --from=build --chown=10001:10001 /data /data
COPY LICENSE package.json ./
COPY --from=build /app/dist dist
# HOST: a container's own loopback is reached by nobody. /data is all that it writes to.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 ATOLL_METRICS_HOST=0.0.0.0 ATOLL_METRICS_PORT=9464 ATOLL_DATA_DIR=/data
USER 10001:10001
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/v1/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["dist/main.js"]
