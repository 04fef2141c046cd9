// Who a client is, behind a real nginx that is configured as its documentation recommends.
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, type TestContext } from 'vitest'
import { startProxy } from '../../harness/audit/proxy.ts'
import { callUnchecked, type Target } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { startService } from '../../harness/service.ts'

const limit = 9

async function startBehind(context: TestContext, { hops, trusting }: { hops: number; trusting: boolean }) {
  const nginx = requireProgram('nginx', context)
  const service = await startService({
    HOST: '127.0.0.1',
    RATE_LIMIT_REQUESTS: String(limit),
    TRUST_PROXY: String(trusting),
  })
  onTestFinished(() => service.stop())
  let target: Target = service
  for (let hop = 0; hop < hops; hop++) {
    const folder = await mkdtemp(join(tmpdir(), 'microposts-nginx-'))
    const proxy = await startProxy(nginx, folder, Number(new URL(target.url).port))
    onTestFinished(async () => {
      await proxy.stop()
      await rm(folder, { recursive: true, force: true })
    })
    target = proxy
  }
  return target
}

/** Sends a request from an address of this machine, and returns how many its client has left. nginx adds its own header. */
async function remaining(target: Target, localAddress: string, headers: Record<string, string> = {}) {
  const agent = new Agent({ localAddress })
  const response = await callUnchecked(target, 'GET', '/api/users', { headers, agent })
  agent.destroy()
  return Number(response.headers.get('RateLimit-Remaining'))
}

/** What a client may send to be taken for others. */
const claims: Record<string, string>[] = [
  { 'X-Forwarded-For': '198.51.100.1' },
  { 'X-Forwarded-For': '198.51.100.2, 198.51.100.3' },
  { 'X-Forwarded-For': '198.51.100.4,' },
  { 'X-Real-IP': '198.51.100.5', 'X-Client-IP': '198.51.100.6', 'True-Client-IP': '198.51.100.7' },
  { Forwarded: 'for=198.51.100.8', 'CF-Connecting-IP': '198.51.100.9' },
]

it('a client is the address that connected to the proxy, whatever it claims to be', async (context) => {
  const proxy = await startBehind(context, { hops: 1, trusting: true })
  expect(await remaining(proxy, '127.0.0.1')).toBe(limit - 1)
  for (const [i, headers] of claims.entries())
    expect(await remaining(proxy, '127.0.0.1', headers)).toBe(limit - 2 - i)
  expect(await remaining(proxy, '127.0.0.2')).toBe(limit - 1)
})

it('behind two proxies a client is the outer proxy: the inner one has to replace the header', async (context) => {
  const proxy = await startBehind(context, { hops: 2, trusting: true })
  expect(await remaining(proxy, '127.0.0.1')).toBe(limit - 1)
  expect(await remaining(proxy, '127.0.0.2', claims[0])).toBe(limit - 2)
})

it('without TRUST_PROXY a client is the proxy', async (context) => {
  const proxy = await startBehind(context, { hops: 1, trusting: false })
  expect(await remaining(proxy, '127.0.0.1')).toBe(limit - 1)
  expect(await remaining(proxy, '127.0.0.2', claims[0])).toBe(limit - 2)
})
