#!/usr/bin/env bash
# Lints the chart, renders it with each set of values, and compares that with what is golden.
#   helm/sparring/ci/check.sh            # needs helm; uses kubeconform where it is installed
#   UPDATE_GOLDEN=1 helm/sparring/ci/check.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# The blank lines between documents are nobody's business.
plain() {
    grep -v '^[[:space:]]*$' || true
}

helm lint --strict .
for set in ci durable staging; do
    helm lint --strict . --values "ci/$set-values.yaml"
    rendered="$(mktemp)"
    helm template demo . --namespace sandbox --values "ci/$set-values.yaml" | plain >"$rendered"
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
        cp "$rendered" "ci/golden/$set.yaml"
    fi
    diff -u "ci/golden/$set.yaml" "$rendered"
    if command -v kubeconform >/dev/null; then
        kubeconform -strict -summary -ignore-missing-schemas "$rendered"
    fi
    rm "$rendered"
done

# What must be refused is.
for wrong in replicas=2 mode=disk auth.enabled=true tls.enabled=true packs.shipped=false nonsense=1; do
    if helm template demo . --set "$wrong" >/dev/null 2>&1; then
        echo "taken, but wrong: --set $wrong" >&2
        exit 1
    fi
done
echo "the chart is as it should be"
