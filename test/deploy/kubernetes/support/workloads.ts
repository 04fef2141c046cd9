// Deployments and StatefulSets, and what their pods have.
import type { Json } from '../../../../harness/http/client.ts'
import type { Manifest } from './render.ts'

export type Labels = Record<string, string>

export const isWorkload = ({ kind }: Manifest) => ['Deployment', 'StatefulSet'].includes(kind)

export const podOf = ({ spec }: Manifest): Json => spec.template.spec

/** Whether a selector selects the pods of a workload. */
export const selects = (selector: Labels, { spec }: Manifest): boolean =>
  Object.entries(selector).every(([name, value]) => spec.template.metadata.labels[name] === value)

export const portNames = (workload: Manifest): string[] =>
  podOf(workload).containers.flatMap(({ ports }: Json) => ports.map(({ name }: Json) => name))

export const probesOf = (workload: Manifest): { path: string; port: string }[] =>
  podOf(workload)
    .containers.flatMap((container: Json) => [
      container.startupProbe,
      container.livenessProbe,
      container.readinessProbe,
    ])
    .flatMap((probe: Json) => probe?.httpGet ?? [])

export const secretKeysOf = (workload: Manifest): { name: string; key: string }[] =>
  podOf(workload)
    .containers.flatMap(({ env = [] }: Json) => env)
    .flatMap(({ valueFrom }: Json) => valueFrom?.secretKeyRef ?? [])

/** The mounted volumes that the pod does not have. */
export function missingVolumes(workload: Manifest): string[] {
  const { volumes = [], containers } = podOf(workload)
  const claims = (workload.spec.volumeClaimTemplates ?? []).map(({ metadata }: Json) => metadata)
  const names = [...volumes, ...claims].map(({ name }) => name)
  const mounted = containers.flatMap(({ volumeMounts = [] }: Json) =>
    volumeMounts.map(({ name }: Json) => name),
  )
  return mounted.filter((name: string) => !names.includes(name))
}
