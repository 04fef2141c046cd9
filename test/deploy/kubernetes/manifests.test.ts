// What can be known of deploy/kubernetes without a cluster. pod.test.ts runs the service as its pods would.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Json } from '../../../harness/http/client.ts'
import { requireProgram } from '../../../harness/programs/find.ts'
import { variables } from '../../../otel/config/variables.ts'
import { readConfig, Variables } from '../../../src/config.ts'
import { findBrokenReferences } from './support/references.ts'
import { find, render } from './support/render.ts'
import { findSchemaFaults } from './support/schemas.ts'
import { isWorkload, podOf } from './support/workloads.ts'

/** The keys of the Secret that the operator creates. */
const created = Array.from(
  readFileSync('docs/kubernetes.md', 'utf8').matchAll(/^([A-Z_]+)=/gm),
  ([, key]) => `microposts/${key}` as const,
)

describe.each([
  { folder: 'overlays/local', secrets: [] },
  { folder: 'overlays/production', secrets: created },
])('deploy/kubernetes/$folder', ({ folder, secrets }) => {
  it('fits the published schemas, without unknown fields and without a warning', async (context) => {
    const { objects, warnings } = render(requireProgram('kubectl', context), folder)
    expect(warnings).toBe('')
    expect(await findSchemaFaults(objects)).toEqual([])
  })

  it('refers only to what it contains, or to the Secret that the operator creates', (context) => {
    const { objects } = render(requireProgram('kubectl', context), folder)
    expect(findBrokenReferences(objects, secrets)).toEqual([])
  })

  it('sets only variables that the service reads, and secrets by reference', (context) => {
    const { objects } = render(requireProgram('kubectl', context), folder)
    const [{ env }] = podOf(find(objects, 'Deployment')).containers
    const names = env.map(({ name }: Json) => name)
    const settings = [...Object.keys(Variables.shape), ...Object.keys(variables)]
    expect(names.filter((name: string) => !settings.includes(name))).toEqual([])
    for (const name of ['DATABASE_URL', 'METRICS_TOKEN'])
      expect(env).toContainEqual({ name, valueFrom: { secretKeyRef: { name: 'microposts', key: name } } })
  })

  it('has only pods that the Pod Security Standard "restricted" admits, with pinned images', (context) => {
    const { objects } = render(requireProgram('kubectl', context), folder)
    const pods = objects.filter(isWorkload).map(podOf)
    expect(pods).not.toEqual([])
    for (const pod of pods) {
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: 'RuntimeDefault' },
      })
      for (const { image, resources, securityContext } of pod.containers) {
        expect(image).toMatch(/:(local|\d+[.]\d+([.]\d+)?)$/)
        expect(resources).toEqual({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        })
        expect(securityContext).toEqual({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })
})

it('the local overlay runs the PostgreSQL of docker-compose.yml', (context) => {
  const { objects } = render(requireProgram('kubectl', context), 'overlays/local')
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true })
  const [{ image }] = podOf(find(objects, 'StatefulSet', 'postgresql')).containers
  expect(image).toBe(services.postgres.image)
})

describe('deploy/kubernetes/base', () => {
  it('gives a pod the time that it needs to leave its endpoints and to stop', (context) => {
    const { objects } = render(requireProgram('kubectl', context), 'base')
    const { terminationGracePeriodSeconds: grace, containers } = podOf(find(objects, 'Deployment'))
    const [{ env }] = containers
    const delay = env.find(({ name }: Json) => name === 'SHUTDOWN_DELAY')
    const { shutdownDelayMs } = readConfig({ SHUTDOWN_DELAY: delay.value })
    expect(shutdownDelayMs).toBeGreaterThanOrEqual(5_000)
    // docs/operations.md: "Allow 15 seconds more before SIGKILL."
    expect(grace).toBeGreaterThanOrEqual(shutdownDelayMs / 1_000 + 15)
  })

  it('starts no more pods than a PostgreSQL with its default settings has connections for', (context) => {
    const { objects } = render(requireProgram('kubectl', context), 'base')
    const { maxReplicas } = find(objects, 'HorizontalPodAutoscaler').spec
    const { maxSurge } = find(objects, 'Deployment').spec.strategy.rollingUpdate
    // A pool of 10, one connection for notifications and one for health checks; 3 of 100 are reserved for superusers.
    expect((maxReplicas + maxSurge) * 12).toBeLessThanOrEqual(97)
  })
})
