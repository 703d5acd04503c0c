{{/* The name of an object: the release's name and its own. Call with a dict: root, name. */}}
{{- define "viaduct.name" -}}
{{- $release := .root.Release.Name -}}
{{- if gt (len $release) 46 -}}
{{- fail (printf "The release name %s is too long: use at most 46 characters, because the name of a Service (such as %s-gateway-headless) has at most 63." $release $release) -}}
{{- end -}}
{{ $release }}-{{ .name }}
{{- end }}

{{/* What selects the pods of one workload of this release. Call with a dict: root, name. */}}
{{- define "viaduct.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* What selects all pods of this release. */}}
{{- define "viaduct.everyPod" -}}
app.kubernetes.io/part-of: viaduct
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of pods: they change only with the release, so that a new version of the chart replaces no pod for its labels. */}}
{{- define "viaduct.podLabels" -}}
{{ include "viaduct.selector" . }}
app.kubernetes.io/part-of: viaduct
{{- end }}

{{/* Labels that every object has. */}}
{{- define "viaduct.commonLabels" -}}
{{ include "viaduct.everyPod" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name, namespace and labels of an object of a workload. Call with a dict: root, name of the workload, suffix. */}}
{{- define "viaduct.metadata" -}}
name: {{ include "viaduct.name" (dict "root" .root "name" (printf "%s%s" .name (.suffix | default ""))) }}
namespace: {{ .root.Release.Namespace }}
labels:
  app.kubernetes.io/name: {{ .name }}
  {{- include "viaduct.commonLabels" .root | nindent 2 }}
{{- end }}

{{/* The same for objects that belong to no single workload. Call with a dict: root, name. */}}
{{- define "viaduct.commonMetadata" -}}
name: {{ include "viaduct.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "viaduct.commonLabels" .root | nindent 2 }}
{{- end }}

{{/* An image by digest or tag. */}}
{{- define "viaduct.image" -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag }}
{{- end -}}
{{- end }}

{{/* The image of the gateways. It has no default, because a cluster would look for it in a public registry. */}}
{{- define "viaduct.gatewayImage" -}}
{{- $image := .Values.gateway.image -}}
{{- $repository := required "gateway.image.repository is empty: build the image, push it to your registry, and name it there (see the README of the chart)." $image.repository -}}
{{- include "viaduct.image" (dict "repository" $repository "tag" ($image.tag | default .Chart.AppVersion) "digest" $image.digest) -}}
{{- end }}

{{/* The Secret with REDIS_URL and other secrets of the gateways. */}}
{{- define "viaduct.secretName" -}}
{{- .Values.gateway.existingSecret | default (include "viaduct.name" (dict "root" . "name" "gateway-secrets")) -}}
{{- end }}

{{/* Settings: the lines of a file, replaced or extended by those in values.yaml. Call with a dict: root, file, settings. */}}
{{- define "viaduct.settings" -}}
{{- $settings := dict -}}
{{- range .root.Files.Lines .file -}}
{{- if and . (not (hasPrefix "#" .)) -}}
{{- $line := splitn "=" 2 . -}}
{{- $_ := set $settings $line._0 $line._1 -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .settings -}}
{{- /* Numbers in values files are floating-point: as text, a million would be 1e+06. */ -}}
{{- $_ := set $settings $name (ternary (toString (int64 $value)) (toString $value) (kindIs "float64" $value)) -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end }}

{{- define "viaduct.gatewaySettings" -}}
{{- include "viaduct.settings" (dict "root" . "file" "files/gateway.env" "settings" .Values.gateway.settings) -}}
{{- end }}

{{- define "viaduct.edgeSettings" -}}
{{- include "viaduct.settings" (dict "root" . "file" "files/nginx.env" "settings" .Values.edge.settings) -}}
{{- end }}

{{/* Fails where settings contradict each other, with the remedy: pods would not start, be killed, or lose their clients. */}}
{{- define "viaduct.refuseContradictions" -}}
{{- $gateway := include "viaduct.gatewaySettings" . | fromYaml -}}
{{- $edge := include "viaduct.edgeSettings" . | fromYaml -}}
{{- $keys := list -}}
{{- range list "JWT_SECRET_FILE" "JWT_PUBLIC_KEY" "JWT_PUBLIC_KEY_FILE" "JWT_JWKS_URL" -}}
{{- if get $gateway . -}}{{- $keys = append $keys . -}}{{- end -}}
{{- end -}}
{{- if gt (len $keys) 1 -}}
{{- fail (printf "%s are set together in gateway.settings: keep one of them." (join " and " $keys)) -}}
{{- end -}}
{{- $timeout := $edge.NGINX_READ_TIMEOUT -}}
{{- if and (regexMatch "^[0-9]+s?$" $timeout) (ge (int64 $gateway.HEARTBEAT_MS) (mul 1000 (int64 (trimSuffix "s" $timeout)))) -}}
{{- fail (printf "edge.settings.NGINX_READ_TIMEOUT is %s, no longer than gateway.settings.HEARTBEAT_MS, which is %s: raise it, or nginx closes connections between two heartbeats." $timeout $gateway.HEARTBEAT_MS) -}}
{{- end -}}
{{- $limit := toString (dig "limits" "memory" "" (.Values.gateway.resources | default dict)) -}}
{{- $unit := regexFind "[GM]i?$" $limit -}}
{{- if $unit -}}
{{- $mebibytes := mulf (float64 (trimSuffix $unit $limit)) (ternary 1024 1 (hasPrefix "G" $unit)) -}}
{{- if ge (float64 .Values.gateway.heapMiB) $mebibytes -}}
{{- fail (printf "gateway.heapMiB is %d, but gateway.resources.limits.memory is %s: raise the limit, of which the heap is about three quarters." (int64 .Values.gateway.heapMiB) $limit) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Where the pods of a Deployment run. Call with a dict: root, name. */}}
{{- define "viaduct.placement" -}}
{{- $labels := include "viaduct.selector" . -}}
{{- if .root.Values.spreadOverZones }}
affinity:
  podAntiAffinity:
    # Preferred: an additional pod on a busy node is better than none.
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- $labels | nindent 14 }}
{{- end }}
topologySpreadConstraints:
  {{- range ternary (list "topology.kubernetes.io/zone" "kubernetes.io/hostname") (list "kubernetes.io/hostname") .root.Values.spreadOverZones }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $labels | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* What the pods of every workload have. Call with a dict: root, user, fsGroup. */}}
{{- define "viaduct.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  {{- if .fsGroup }}
  fsGroup: {{ .fsGroup }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "viaduct.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A HorizontalPodAutoscaler's spec without its metrics. Call with a dict: root, name, autoscaling. */}}
{{- define "viaduct.scaling" -}}
{{- $minimum := int .autoscaling.minReplicas -}}
{{- $maximum := int .autoscaling.maxReplicas -}}
{{- if gt $minimum $maximum -}}
{{- fail (printf "%s.autoscaling.maxReplicas is %d, below minReplicas, which is %d: raise it." .name $maximum $minimum) -}}
{{- end -}}
scaleTargetRef:
  apiVersion: apps/v1
  kind: Deployment
  name: {{ include "viaduct.name" . }}
minReplicas: {{ $minimum }}
maxReplicas: {{ $maximum }}
behavior:
  scaleUp:
    stabilizationWindowSeconds: 0
    policies:
      - type: Percent
        value: 100
        periodSeconds: 30
  # Every pod that stops ends its connections, so pods are removed late and one by one.
  scaleDown:
    stabilizationWindowSeconds: 600
    policies:
      - type: Pods
        value: 1
        periodSeconds: 120
metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: {{ .autoscaling.cpuUtilization }}
{{- end }}

{{/* A PodDisruptionBudget's spec. Call with a dict: root, name. */}}
{{- define "viaduct.budget" -}}
maxUnavailable: 1
# A pod that is not ready accepts no new clients; it must not block the drain of its node.
unhealthyPodEvictionPolicy: AlwaysAllow
selector:
  matchLabels:
    {{- include "viaduct.selector" . | nindent 4 }}
{{- end }}
