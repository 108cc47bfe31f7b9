{{- /*
What is generated is generated once: what the cluster has already wins, and within one rendering the first call's
result is kept, since several templates and their checksums need the same.
*/}}
{{- define "atoll.generate" -}}
{{- if not (hasKey .Values "generated") }}
{{- $generated := dict }}
{{- $name := include "atoll.fullname" . }}
{{- $old := lookup "v1" "Secret" .Release.Namespace $name }}
{{- $oldKey := dig "data" "api-key" "" (default dict $old) }}
{{- $key := default (randAlphaNum 40) (default ($oldKey | b64dec) .Values.auth.apiKey) }}
{{- $_ := set $generated "apiKey" $key }}
{{- if and (eq .Values.engine.mode "dedicated") (or (not .Values.engine.dedicated.tls.existingServerSecret) (not .Values.engine.dedicated.tls.existingClientSecret)) }}
{{- $_ := set $generated "tls" (include "atoll.generateTls" . | fromJson) }}
{{- end }}
{{- $_ := set .Values "generated" $generated }}
{{- end }}
{{- end }}

{{- /* JSON of two Secrets' data. The authority's own key is kept nowhere: nobody signs with it again. */}}
{{- define "atoll.generateTls" -}}
{{- $engine := include "atoll.engineName" . }}
{{- $server := dig "data" dict (default dict (lookup "v1" "Secret" .Release.Namespace (printf "%s-server" $engine))) }}
{{- $client := dig "data" dict (default dict (lookup "v1" "Secret" .Release.Namespace (printf "%s-client" $engine))) }}
{{- if not (and $server $client (eq (get $server "ca.pem") (get $client "ca.pem"))) }}
{{- $days := int .Values.engine.dedicated.tls.days }}
{{- /* Not the name of what it signs: OpenSSL would take that for signed by itself. */}}
{{- $authority := genCA (printf "%s-authority" $engine) $days }}
{{- $service := printf "%s.%s.svc" $engine .Release.Namespace }}
{{- $serverPair := genSignedCert $engine (list "127.0.0.1") (list $engine $service "localhost") $days $authority }}
{{- $clientPair := genSignedCert (include "atoll.fullname" .) nil nil $days $authority }}
{{- $server = dict "ca.pem" ($authority.Cert | b64enc) "server-cert.pem" ($serverPair.Cert | b64enc) "server-key.pem" ($serverPair.Key | b64enc) }}
{{- $client = dict "ca.pem" ($authority.Cert | b64enc) "cert.pem" ($clientPair.Cert | b64enc) "key.pem" ($clientPair.Key | b64enc) }}
{{- end }}
{{- dict "server" $server "client" $client | toJson }}
{{- end }}

{{- define "atoll.apiKeySecret" -}}
{{ default (include "atoll.fullname" .) .Values.auth.existingSecret }}
{{- end }}

{{- define "atoll.apiKeyEntry" -}}
{{- if .Values.auth.existingSecret }}{{ .Values.auth.existingSecretKey }}{{ else }}api-key{{ end }}
{{- end }}

{{- define "atoll.databaseSecret" -}}
{{ default (include "atoll.fullname" .) .Values.database.existingSecret }}
{{- end }}

{{- define "atoll.databaseEntry" -}}
{{- if .Values.database.existingSecret }}{{ .Values.database.existingSecretKey }}{{ else }}database-url{{ end }}
{{- end }}

{{- /* Of all Secrets that the service reads: ours, and yours as far as the cluster can be asked. */}}
{{- define "atoll.secretsChecksum" -}}
{{- include "atoll.generate" . }}
{{- $all := list .Values.database.url }}
{{- $yours := list .Values.auth.existingSecret .Values.database.existingSecret .Values.traces.existingSecret }}
{{- if not .Values.auth.existingSecret }}{{ $all = append $all .Values.generated.apiKey }}{{ end }}
{{- if and .Values.generated.tls (not .Values.engine.dedicated.tls.existingClientSecret) }}
{{- $all = append $all .Values.generated.tls.client }}
{{- else }}
{{- $yours = append $yours (include "atoll.clientTlsSecret" .) }}
{{- end }}
{{- range $yours }}
{{- if . }}
{{- $all = append $all (dig "data" dict (default dict (lookup "v1" "Secret" $.Release.Namespace .))) }}
{{- end }}
{{- end }}
{{- $all | toJson | sha256sum }}
{{- end }}
