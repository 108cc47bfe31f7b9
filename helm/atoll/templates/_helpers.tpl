{{- define "atoll.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* At most 50 characters, so that a suffix and a pod's own fit in a DNS label. */}}
{{- define "atoll.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "atoll.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "atoll.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "atoll.engineName" -}}
{{ include "atoll.fullname" . }}-engine
{{- end }}

{{- define "atoll.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "atoll.serviceSelector" -}}
app.kubernetes.io/name: {{ include "atoll.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: service
{{- end }}

{{- define "atoll.engineSelector" -}}
app.kubernetes.io/name: {{ include "atoll.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: engine
{{- end }}

{{- define "atoll.labels" -}}
{{ include "atoll.serviceSelector" . }}
{{ include "atoll.commonLabels" . }}
{{- end }}

{{- define "atoll.engineLabels" -}}
{{ include "atoll.engineSelector" . }}
{{ include "atoll.commonLabels" . }}
{{- end }}

{{- define "atoll.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "atoll.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "atoll.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "atoll.dataDir" -}}
{{- if eq .Values.engine.mode "hostSocket" }}{{ .Values.engine.hostSocket.dataDir }}{{ else }}/data{{ end }}
{{- end }}

{{- define "atoll.hasDatabase" -}}
{{- if or .Values.database.url .Values.database.existingSecret }}true{{ end }}
{{- end }}

{{- /* Of the collector's URL. */}}
{{- define "atoll.tracesPort" -}}
{{- $url := urlParse . }}
{{- default (ternary "443" "80" (eq $url.scheme "https")) (regexFind ":[0-9]+$" $url.host | trimPrefix ":") }}
{{- end }}

{{- /* The Secret with the engine's client certificate, empty where none is needed. */}}
{{- define "atoll.clientTlsSecret" -}}
{{- if eq .Values.engine.mode "dedicated" }}
{{- default (printf "%s-client" (include "atoll.engineName" .)) .Values.engine.dedicated.tls.existingClientSecret }}
{{- else if and (eq .Values.engine.mode "remote") .Values.engine.remote.tls.enabled }}
{{- .Values.engine.remote.tls.existingSecret }}
{{- end }}
{{- end }}

{{- define "atoll.serverTlsSecret" -}}
{{ default (printf "%s-server" (include "atoll.engineName" .)) .Values.engine.dedicated.tls.existingServerSecret }}
{{- end }}

{{- define "atoll.dockerHost" -}}
{{- if eq .Values.engine.mode "dedicated" -}}
tcp://{{ include "atoll.engineName" . }}.{{ .Release.Namespace }}.svc:2376
{{- else if eq .Values.engine.mode "remote" -}}
{{ .Values.engine.remote.host }}
{{- else -}}
unix:///var/run/docker.sock
{{- end }}
{{- end }}
