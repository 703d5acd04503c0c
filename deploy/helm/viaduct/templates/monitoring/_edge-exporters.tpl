{{/*
Beside every nginx, because its counters are only available inside the pod: its own, and what it answered, which nginx
writes to a file. No probes: an edge must serve while they are slow. While one of them does not run, its pod is not ready.
*/}}
{{- define "viaduct.edgeExporters" -}}
- name: exporter
  image: {{ include "viaduct.image" .Values.monitoring.edgeExporter.image }}
  args: ["--nginx.scrape-uri=http://127.0.0.1:8081/stub_status"]
  ports:
    - name: metrics
      containerPort: 9113
  resources:
    requests:
      cpu: 20m
      memory: 32Mi
    limits:
      memory: 64Mi
  securityContext:
    {{- include "viaduct.containerSecurity" . | nindent 4 }}
- name: answers
  image: {{ include "viaduct.gatewayImage" . }}
  args: ["dist/main.js", "edge-metrics", "/var/log/viaduct/status"]
  env:
    - name: PORT
      value: "8082"
  ports:
    - name: answers
      containerPort: 8082
  resources:
    requests:
      cpu: 20m
      memory: 64Mi
    limits:
      memory: 128Mi
  securityContext:
    {{- include "viaduct.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: status
      mountPath: /var/log/viaduct
{{- end }}
