/** The parts of Kubernetes objects that the tests use. A schema check validates the rest. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels };
}

export type Labels = Record<string, string>;

export interface Selector {
  matchLabels?: Labels;
}

export interface Probe {
  httpGet?: { path: string; port: string | number };
  tcpSocket?: { port: string | number };
  exec?: { command: string[] };
  periodSeconds: number;
  timeoutSeconds?: number;
  failureThreshold: number;
}

export interface KeyReference {
  name: string;
  key: string;
  optional?: boolean;
}

export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: KeyReference; configMapKeyRef?: KeyReference };
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: EnvironmentVariable[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources?: { requests?: Labels; limits?: Labels };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[];
}

export interface Volume {
  name: string;
  configMap?: { name: string; items?: { key: string; path: string }[] };
  secret?: { secretName: string };
}

export interface PodSpec {
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  affinity?: { podAntiAffinity?: unknown };
  topologySpreadConstraints?: { topologyKey: string; labelSelector: Selector }[];
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
}

export interface Workload extends KubernetesObject {
  spec: {
    replicas?: number;
    minReadySeconds?: number;
    serviceName?: string;
    strategy?: {
      type: string;
      rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string };
    };
    selector: Selector;
    template: { metadata: { labels: Labels }; spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
}

export interface Service extends KubernetesObject {
  spec: {
    clusterIP?: string;
    publishNotReadyAddresses?: boolean;
    selector: Labels;
    ports: { name: string; port: number; targetPort: string | number }[];
  };
}

export interface KeyedData extends KubernetesObject {
  data: Labels;
}

export interface Secret extends KubernetesObject {
  /** In base64. */
  data?: Labels;
  stringData?: Labels;
}

export interface DisruptionBudget extends KubernetesObject {
  spec: { maxUnavailable: number; selector: Selector };
}

export interface Autoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    minReplicas: number;
    maxReplicas: number;
    behavior: { scaleDown: { policies: { type: string; value: number; periodSeconds: number }[] } };
    metrics: {
      type: string;
      resource?: { name: string };
      pods?: { metric: { name: string }; target: { averageValue: string } };
    }[];
  };
}

export interface NetworkPeer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
}

export interface NetworkRule {
  from?: NetworkPeer[];
  to?: NetworkPeer[];
  ports?: { port: number; protocol?: string }[];
}

export interface NetworkPolicy extends KubernetesObject {
  spec: {
    podSelector: Selector;
    policyTypes: string[];
    ingress?: NetworkRule[];
    egress?: NetworkRule[];
  };
}

export interface Ingress extends KubernetesObject {
  spec: {
    ingressClassName?: string;
    rules: {
      host: string;
      http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] };
    }[];
    tls: { hosts: string[]; secretName: string }[];
  };
}

export interface MonitoredEndpoint {
  port: string;
  path?: string;
  interval: string;
  relabelings?: { targetLabel: string; replacement: string }[];
}

export interface ServiceMonitor extends KubernetesObject {
  spec: {
    jobLabel: string;
    selector: Selector;
    endpoints: MonitoredEndpoint[];
  };
}

export interface PodMonitor extends KubernetesObject {
  spec: {
    jobLabel: string;
    selector: Selector;
    podMetricsEndpoints: MonitoredEndpoint[];
  };
}

export interface PrometheusRule extends KubernetesObject {
  spec: { groups: unknown[] };
}

/** What each kind looks like. */
export interface Kinds {
  Namespace: KubernetesObject;
  Deployment: Workload;
  StatefulSet: Workload;
  Service: Service;
  ConfigMap: KeyedData;
  Secret: Secret;
  PodDisruptionBudget: DisruptionBudget;
  HorizontalPodAutoscaler: Autoscaler;
  NetworkPolicy: NetworkPolicy;
  Ingress: Ingress;
  ServiceMonitor: ServiceMonitor;
  PodMonitor: PodMonitor;
  PrometheusRule: PrometheusRule;
}
