{{- define "sparring.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name, and the chart's where that does not say it. Room is left for what names end with. */}}
{{- define "sparring.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "sparring.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sparring.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sparring.selector" -}}
app.kubernetes.io/name: {{ include "sparring.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{/* What all resources are labelled with, but for the component. */}}
{{- define "sparring.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "sparring.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "sparring.labels" -}}
{{ include "sparring.commonLabels" . }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "sparring.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sparring.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sparring.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "sparring.authSecret" -}}
{{- default (printf "%s-auth" (include "sparring.fullname" .)) .Values.auth.existingSecret -}}
{{- end -}}

{{/* The Service that the admin API, with its health and metrics, is at. */}}
{{- define "sparring.adminService" -}}
{{- if .Values.admin.separate -}}
{{- printf "%s-admin" (include "sparring.fullname" .) -}}
{{- else -}}
{{- include "sparring.fullname" . -}}
{{- end -}}
{{- end -}}

{{- define "sparring.adminServicePort" -}}
{{- if .Values.admin.separate -}}
{{- int64 .Values.admin.port -}}
{{- else -}}
{{- int64 .Values.service.port -}}
{{- end -}}
{{- end -}}

{{/* The port of the pod that the admin API is at. */}}
{{- define "sparring.adminPort" -}}
{{- if .Values.admin.separate -}}admin{{- else -}}http{{- end -}}
{{- end -}}

{{- define "sparring.scheme" -}}
{{- if .Values.tls.enabled -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{/* Numbers of values are floating-point ones; a seed that is too long for them is given as text. */}}
{{- define "sparring.seed" -}}
{{- if kindIs "string" .Values.server.seed -}}
{{- .Values.server.seed -}}
{{- else -}}
{{- int64 .Values.server.seed -}}
{{- end -}}
{{- end -}}

{{/* Which packs: those of the image, those of this release, or both. */}}
{{- define "sparring.stubs" -}}
{{- if and .Values.packs.shipped (or .Values.packs.files .Values.packs.configMaps) -}}
/stubs,/packs
{{- else if .Values.packs.shipped -}}
/stubs
{{- else -}}
/packs
{{- end -}}
{{- end -}}

{{/* What the schema cannot say. */}}
{{- define "sparring.check" -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail (printf "replicas: %d is more than 1. A sandbox is one order of events, and one server decides it: two would each have a state of their own, and a client would meet now the one and now the other. Give the one server more resources, or install a release for each team." (int .Values.replicas)) -}}
{{- end -}}
{{- if and .Values.auth.enabled (not .Values.auth.file) (not .Values.auth.existingSecret) -}}
{{- fail "auth.enabled needs auth.file or auth.existingSecret" -}}
{{- end -}}
{{- if and .Values.auth.file .Values.auth.existingSecret -}}
{{- fail "auth.file and auth.existingSecret: only one of them can be the auth file" -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.tls.existingSecret) -}}
{{- fail "tls.enabled needs tls.existingSecret, a secret of the type kubernetes.io/tls" -}}
{{- end -}}
{{- if and (not .Values.packs.shipped) (not .Values.packs.files) (not .Values.packs.configMaps) -}}
{{- fail "packs: there is nothing to serve; say packs.shipped, packs.files or packs.configMaps" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs: the gateways it belongs to" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.auth.enabled (not .Values.serviceMonitor.tokenSecret) -}}
{{- fail "serviceMonitor.enabled with auth.enabled needs serviceMonitor.tokenSecret: metrics are for whoever has a token" -}}
{{- end -}}
{{- end -}}
