import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { freshServerDatabase, hasServer } from '../../../harness/database.ts'
import { buildPost, buildUser } from '../../../harness/http/client.ts'
import { findProgram, requireProgram } from '../../../harness/programs/find.ts'
import { readMigrations } from '../../../src/database/migrations/files.ts'
import { createNode, type Node, startPod } from './support/pod.ts'
import { find, render } from './support/render.ts'
import { podOf, probesOf } from './support/workloads.ts'

const token = 'secret-token'
/** It copies all packages, which a busy disk may delay. */
const buildTimeoutMs = 180_000
let node: Node | undefined
beforeAll(() => {
  if (findProgram('unshare') && findProgram('kubectl')) node = createNode()
}, buildTimeoutMs)
afterAll(() => node?.remove())

/** Returns production's Deployment, and a function that starts one of its pods. All use one database without tables. */
async function prepare(context: TestContext) {
  const [unshare, kubectl] = [requireProgram('unshare', context), requireProgram('kubectl', context)]
  const deployment = find(render(kubectl, 'overlays/production').objects, 'Deployment')
  const { env, drop } = await freshServerDatabase()
  onTestFinished(drop)
  if (!node) throw new Error('There is no image.')
  const { image } = node
  const secrets = { ...env, METRICS_TOKEN: token }
  const start = (more = {}) => startPod(unshare, image, deployment, { secrets, more })
  return { deployment, image, start }
}

describe.runIf(hasServer())('a pod of deploy/kubernetes/overlays/production', () => {
  it('is probed, serves and is scraped, without privileges and without a file to write', async (context) => {
    const { deployment, start } = await prepare(context)
    const pod = start()
    await pod.logged('ready')

    const { runAsUser, runAsGroup } = podOf(deployment).securityContext
    const status = readFileSync(`/proc/${pod.pid}/status`, 'utf8')
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${runAsUser}){4}$`, 'm'))
    expect(status).toMatch(new RegExp(`^Gid:(\\s+${runAsGroup}){4}$`, 'm'))
    expect(status).toMatch(/^CapEff:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)

    const target = { url: String((await pod.logged('listening')).url) }
    expect(probesOf(deployment).length).toBe(3)
    for (const { path } of probesOf(deployment)) expect((await fetch(target.url + path)).status).toBe(200)
    await buildPost(target, await buildUser(target))
    const endpoint = String((await pod.logged('metrics exported')).endpoint)
    expect((await fetch(endpoint)).status).toBe(401)
    const scrape = await fetch(endpoint, { headers: { Authorization: `Bearer ${token}` } })
    expect(await scrape.text()).toMatch(/^microposts_post_created_total\{.*\} 1$/m)

    pod.kill('SIGTERM')
    expect(await pod.exited).toBe(0)
    expect(pod.stderr()).toBe('')
    expect(pod.lines.filter(({ level }) => level > 30)).toEqual([])
  })

  it('starts with the compiled code of the image, of which it owns nothing', async (context) => {
    const { deployment, image, start } = await prepare(context)
    const pod = start({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' })
    await pod.logged('ready')

    expect(pod.stderr()).toMatch(/V8 code cache for ESM \S+\/src\/main[.]ts was accepted/)
    expect(pod.stderr()).not.toContain('no transpile cache')
    const { runAsUser } = podOf(deployment).securityContext
    const owned = spawnSync('find', [image.folder, '-uid', String(runAsUser)], { encoding: 'utf8' })
    expect(owned).toMatchObject({ status: 0, stdout: '' })
  })

  it('is ready although another starts at the same time; each migration is applied once', async (context) => {
    const { start } = await prepare(context)
    const pods = [start(), start()]
    await Promise.all(pods.map((pod) => pod.logged('ready')))
    const applied = pods.flatMap(({ lines }) => lines.filter(({ msg }) => msg === 'migration applied'))
    expect(applied.map(({ migration }) => migration).sort()).toEqual(readMigrations().map(({ name }) => name))
  })
})
