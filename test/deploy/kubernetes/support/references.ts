// Finds references between objects that lead nowhere; Kubernetes itself accepts them.
import type { Json } from '../../../../harness/http/client.ts'
import type { Manifest } from './render.ts'
import {
  isWorkload,
  type Labels,
  missingVolumes,
  portNames,
  probesOf,
  secretKeysOf,
  selects,
} from './workloads.ts'

/** Returns a line for each broken reference. `created` are the keys of secrets that the operator creates. */
export function findBrokenReferences(
  objects: Manifest[],
  created: readonly `${string}/${string}`[],
): string[] {
  const { selected, missingPort, missingSecret, missing } = index(objects, created)

  const findBroken: Record<string, (object: Manifest) => string[]> = {
    Deployment: workload,
    StatefulSet: (object) => [...workload(object), ...missing('Service', object.spec.serviceName)],
    Service: ({ spec }) =>
      spec.ports.flatMap(({ targetPort }: Json) => missingPort(spec.selector, targetPort)),
    NetworkPolicy: ({ spec }) => {
      const { matchLabels } = spec.podSelector
      const ports = (spec.ingress ?? []).flatMap((rule: Json) => rule.ports)
      return [...selected(matchLabels), ...ports.flatMap(({ port }: Json) => missingPort(matchLabels, port))]
    },
    PodDisruptionBudget: ({ spec }) => selected(spec.selector.matchLabels),
    PodMonitor: ({ spec }) =>
      spec.podMetricsEndpoints.flatMap(({ port, authorization }: Json) => [
        ...missingPort(spec.selector.matchLabels, port),
        ...missingSecret(authorization.credentials),
      ]),
    HorizontalPodAutoscaler: ({ spec }) => missing(spec.scaleTargetRef.kind, spec.scaleTargetRef.name),
    Ingress: ({ spec }) =>
      spec.rules
        .flatMap(({ http }: Json) => http.paths)
        .flatMap(({ backend }: Json) => missing('Service', backend.service.name, backend.service.port.name)),
  }
  return objects.flatMap((object) => {
    const broken = findBroken[object.kind]?.(object) ?? []
    if (object.kind !== 'Namespace') broken.push(...missing('Namespace', object.metadata.namespace))
    return broken.map((reference) => `${object.kind} ${object.metadata.name} refers to ${reference}`)
  })

  function workload(object: Manifest): string[] {
    const { selector, template } = object.spec
    const { topologySpreadConstraints = [], serviceAccountName } = template.spec
    const selectors = [selector, ...topologySpreadConstraints.map(({ labelSelector }: Json) => labelSelector)]
    return [
      ...selectors
        .filter(({ matchLabels }) => !selects(matchLabels, object))
        .map(() => 'pods of another workload'),
      ...probesOf(object).flatMap(({ port }) => missingPort(template.metadata.labels, port)),
      ...secretKeysOf(object).flatMap(missingSecret),
      ...missingVolumes(object).map((name) => `volume ${name}`),
      ...(serviceAccountName ? missing('ServiceAccount', serviceAccountName) : []),
    ]
  }
}

/** Look-ups that return an empty list for what exists, and else its name. */
function index(objects: Manifest[], created: readonly string[]) {
  const workloads = objects.filter(isWorkload)
  const secretKeys = objects
    .filter(({ kind }) => kind === 'Secret')
    .flatMap(({ metadata, stringData }) => Object.keys(stringData).map((key) => `${metadata.name}/${key}`))
  const unless = (exists: boolean, name: string) => (exists ? [] : [name])
  const podsWith = (labels: Labels) => workloads.filter((workload) => selects(labels, workload))
  return {
    selected: (labels: Labels) => unless(podsWith(labels).length > 0, `pods with ${JSON.stringify(labels)}`),
    missingPort: (labels: Labels, name: string) =>
      unless(
        podsWith(labels).some((workload) => portNames(workload).includes(name)),
        `port ${name}`,
      ),
    missingSecret: ({ name, key }: { name: string; key: string }) =>
      unless([...created, ...secretKeys].includes(`${name}/${key}`), `key ${key} of Secret ${name}`),
    missing: (kind: string, name: string | undefined, port?: string) => {
      const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
      const names = found?.spec?.ports?.map(({ name }: Json) => name) ?? []
      return unless(found !== undefined && (port === undefined || names.includes(port)), `${kind} ${name}`)
    },
  }
}
