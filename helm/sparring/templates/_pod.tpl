{{/* The pod: the same for the Deployment and for the StatefulSet, but for what /data is. */}}
{{- define "sparring.pod" -}}
metadata:
  labels:
    {{- include "sparring.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: sparring
    {{- if and .Values.packs.files (not .Values.packs.watch) }}
    checksum/packs: {{ .Values.packs.files | toJson | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "sparring.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  containers:
    - name: sparring
      image: {{ include "sparring.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with .Values.server.extraArgs }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        - name: SPARRING_LISTEN
          value: "0.0.0.0:8080"
        {{- if .Values.admin.separate }}
        - name: SPARRING_ADMIN_LISTEN
          value: "0.0.0.0:{{ int64 .Values.admin.port }}"
        {{- end }}
        - name: SPARRING_STUBS
          value: {{ include "sparring.stubs" . | quote }}
        - name: SPARRING_SEED
          value: {{ include "sparring.seed" . | quote }}
        - name: SPARRING_CLOCK
          value: {{ .Values.server.clock | quote }}
        {{- with .Values.server.faults }}
        - name: SPARRING_FAULTS
          value: {{ join "," . | quote }}
        {{- end }}
        {{- with .Values.server.webhookTargets }}
        - name: SPARRING_WEBHOOK_TARGETS
          value: {{ join "," . | quote }}
        {{- end }}
        {{- with .Values.server.proxyTargets }}
        - name: SPARRING_PROXY_TARGETS
          value: {{ join "," . | quote }}
        {{- end }}
        {{- with .Values.server.corsOrigins }}
        - name: SPARRING_CORS_ORIGINS
          value: {{ join "," . | quote }}
        {{- end }}
        {{- if and .Values.packs.watch (or .Values.packs.files .Values.packs.configMaps) }}
        - name: SPARRING_WATCH
          value: "true"
        {{- end }}
        {{- if eq .Values.mode "journal" }}
        - name: SPARRING_DATA_DIR
          value: /data/journal
        {{- end }}
        - name: SPARRING_CASSETTES
          value: /data/cassettes
        {{- if .Values.auth.enabled }}
        - name: SPARRING_AUTH
          value: /etc/sparring/auth/auth.yaml
        {{- end }}
        {{- if .Values.tls.enabled }}
        - name: SPARRING_TLS_CERT
          value: /etc/sparring/tls/tls.crt
        - name: SPARRING_TLS_KEY
          value: /etc/sparring/tls/tls.key
        {{- end }}
        - name: RUST_LOG
          value: {{ .Values.server.log | quote }}
        {{- with .Values.server.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        {{- if .Values.admin.separate }}
        - name: admin
          containerPort: {{ int64 .Values.admin.port }}
          protocol: TCP
        {{- end }}
      {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
      {{ $probe }}:
        httpGet:
          path: /__admin/health
          port: {{ include "sparring.adminPort" $ }}
          scheme: {{ include "sparring.scheme" $ | upper }}
        {{- toYaml (get $.Values $probe) | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /data
        {{- range $name, $files := .Values.packs.files }}
        - name: pack-{{ $name }}
          mountPath: /packs/{{ $name }}
          readOnly: true
        {{- end }}
        {{- range .Values.packs.configMaps }}
        - name: pack-{{ .name }}
          mountPath: /packs/{{ .name }}
          readOnly: true
        {{- end }}
        {{- if .Values.auth.enabled }}
        - name: auth
          mountPath: /etc/sparring/auth
          readOnly: true
        {{- end }}
        {{- if .Values.tls.enabled }}
        - name: tls
          mountPath: /etc/sparring/tls
          readOnly: true
        {{- end }}
  volumes:
    {{- if eq .Values.mode "memory" }}
    - name: data
      emptyDir:
        sizeLimit: 1Gi
    {{- end }}
    {{- range $name, $files := .Values.packs.files }}
    - name: pack-{{ $name }}
      configMap:
        name: {{ include "sparring.fullname" $ }}-pack-{{ $name }}
    {{- end }}
    {{- range .Values.packs.configMaps }}
    - name: pack-{{ .name }}
      configMap:
        name: {{ .configMap }}
    {{- end }}
    {{- if .Values.auth.enabled }}
    - name: auth
      secret:
        secretName: {{ include "sparring.authSecret" . }}
        defaultMode: 0440
        items:
          - key: {{ .Values.auth.key }}
            path: auth.yaml
    {{- end }}
    {{- if .Values.tls.enabled }}
    - name: tls
      secret:
        secretName: {{ .Values.tls.existingSecret }}
        defaultMode: 0440
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
