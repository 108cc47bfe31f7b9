# shellcheck shell=bash
# What the chart and compose.yaml are checked with: Helm, and the schemas that others publish in Go modules. Made once per
# version, in the cache folder; none of it lies in this repository. Sourced after build.sh; find_go comes before.

HELM_VERSION=v3.22.0
KUBERNETES_VERSION=v1.37.2
PROMETHEUS_OPERATOR_VERSION=v0.85.0
COMPOSE_GO_VERSION=v2.16.2
# Counts how often other files were chosen of them.
SCHEMAS_CHOICE=2
CHART_TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/atoll-test

# chart_tools: sets ATOLL_TEST_HELM and ATOLL_TEST_SCHEMAS.
chart_tools() {
  mkdir -p "$CHART_TOOLS"
  export ATOLL_TEST_HELM=$CHART_TOOLS/helm-$HELM_VERSION/helm
  export ATOLL_TEST_SCHEMAS=$CHART_TOOLS/schemas-$SCHEMAS_CHOICE-$KUBERNETES_VERSION-$PROMETHEUS_OPERATOR_VERSION-$COMPOSE_GO_VERSION
}

make_chart_tools() (
  exec 9>"$CHART_TOOLS/chart-tools.lock"
  flock 9
  find "$CHART_TOOLS" -maxdepth 1 \( -name 'helm-*' -o -name 'schemas-*' \) -mtime +30 -exec rm -rf {} +
  [ -x "$ATOLL_TEST_HELM" ] || make_helm || return
  [ -e "$ATOLL_TEST_SCHEMAS" ] || make_schemas || return
  touch "${ATOLL_TEST_HELM%/*}" "$ATOLL_TEST_SCHEMAS"
)

# Helm says of itself which Kubernetes it renders for, and the linker tells it so, as in its own releases.
make_helm() {
  local chartutil=helm.sh/helm/v3/pkg/chartutil minor=${KUBERNETES_VERSION#v1.} new=$CHART_TOOLS/helm-new
  step "go install helm@$HELM_VERSION (some minutes, once)"
  rm -rf "$new"
  GOBIN=$new GOFLAGS='' "$GO" install \
    -ldflags "-s -w -X $chartutil.k8sVersionMajor=1 -X $chartutil.k8sVersionMinor=${minor%%.*}" \
    "helm.sh/helm/v3/cmd/helm@$HELM_VERSION" 2>"$CHART_TOOLS/helm.log" || {
    tail -n 20 "$CHART_TOOLS/helm.log"
    return 1
  }
  mv "$new" "${ATOLL_TEST_HELM%/*}"
}

make_schemas() {
  local new=$CHART_TOOLS/schemas-new
  step "the schemas of Kubernetes $KUBERNETES_VERSION, the Prometheus operator $PROMETHEUS_OPERATOR_VERSION and Compose (once)"
  rm -rf "$new"
  mkdir "$new"
  from_module "k8s.io/kubernetes@$KUBERNETES_VERSION" "$new" \
    api/openapi-spec/v3/{api__v1,apis__apps__v1,apis__networking.k8s.io__v1}_openapi.json || return
  from_module "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR_VERSION" "$new" \
    example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml || return
  from_module "github.com/compose-spec/compose-go/v2@$COMPOSE_GO_VERSION" "$new" schema/compose-spec.json || return
  mv "$new" "$ATOLL_TEST_SCHEMAS"
}

# from_module MODULE@VERSION FOLDER FILE…: what the checksum database vouches for, without keeping the whole module.
from_module() {
  local module=$1 folder=$2 scratch dir code=0
  shift 2
  scratch=$(mktemp -d "$CHART_TOOLS/module-XXXXXX")
  dir=$(cd "$scratch" && GOMODCACHE=$scratch/mod GOFLAGS=-modcacherw "$GO" mod download -json "$module" | node -p \
    'JSON.parse(require("node:fs").readFileSync(0, "utf8")).Dir ?? ""') && [ -n "$dir" ] && (cd "$dir" && cp "$@" "$folder") || code=$?
  rm -rf "$scratch"
  [ "$code" = 0 ] || say "Go's module proxy did not give $module"
  return "$code"
}
