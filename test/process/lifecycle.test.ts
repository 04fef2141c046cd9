import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { buildPost, buildUser, call, type Json, type Target } from '../../harness/http/client.ts'
import { runService, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'
import { exchange, open, requestText } from '../http/support/raw.ts'
import { openStream } from '../timeline/support/stream.ts'

/** Starts a process, which is killed when the test ends. */
function run(env: Record<string, string>) {
  const service = runService(env)
  onTestFinished(() => {
    service.kill('SIGKILL')
  })
  return service
}

async function start(env: Record<string, string> = {}) {
  const service = await startService(env)
  onTestFinished(() => service.stop())
  return service
}

describe('start', () => {
  it('reports every wrong setting and what is allowed, hides secrets, and exits with 1', async () => {
    const service = run({
      PORT: '70000',
      DATABASE_URL: 'mysql://root:s3cret@localhost/posts',
      PUBLIC_URL: 'https://posts.example/path',
      TRUST_PROXY: 'yes',
      CORS_ORIGIN: 'posts.example',
      WORKERS: '0',
      LOG_LEVEL: 'loud',
      SESSION_TTL: '30 days',
      SHUTDOWN_DELAY: '5',
    })
    expect(await service.exited).toBe(1)
    expect(service.stderr().trimEnd().split('\n')).toEqual([
      'PORT="70000": must be a whole number from 0 to 65535',
      'DATABASE_URL=(hidden): must be a URL that starts with postgresql:// or postgres://',
      'PUBLIC_URL="https://posts.example/path": must be an http or https origin without a path, such as https://posts.example',
      'TRUST_PROXY="yes": must be true or false',
      'CORS_ORIGIN="posts.example": must be * or a comma-separated list of origins such as https://posts.example',
      'WORKERS="0": must be a whole number from 1 to 999',
      'LOG_LEVEL="loud": must be one of fatal, error, warn, info, debug, trace, silent',
      'SESSION_TTL="30 days": must be a whole number and a unit (s, m, h or d), such as 30d',
      'SHUTDOWN_DELAY="5": must be a whole number and a unit (ms or s), such as 5s; 0 means no delay',
    ])
    expect(service.lines.map(({ msg }) => msg)).not.toContain('listening')
  })

  it('reports the port that is taken, and exits with 1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'microposts-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      other.close()
    })
    const { port } = other.address() as AddressInfo
    const service = run({ HOST: '127.0.0.1', PORT: String(port), DATA_DIR: folder })
    expect(await service.exited).toBe(1)
    expect(service.stderr()).toBe(
      `Cannot listen on HOST=127.0.0.1 PORT=${port}: another process listens there.\n`,
    )
  })

  it('is live but not ready while its database is unreachable, and responds with 503', async () => {
    const service = run({ DATABASE_URL: 'postgresql://nobody:s3cret@127.0.0.1:1/posts' })
    const url = String((await service.logged('listening')).url)
    const target = { url }
    await service.logged('database not reachable, trying again')
    expect(await call(target, 'GET', '/livez')).toMatchObject({ status: 200, body: { status: 'live' } })
    expect(await call(target, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: {
        status: 'unready',
        checks: { database: false, migrations: false, telemetry: true, serving: true },
      },
    })
    const response = await call(target, 'GET', '/api/users/alice')
    expect(response).toMatchObject({ status: 503, body: { type: '/problems/unavailable', status: 503 } })
    expect(response.headers.get('Retry-After')).toBe('5')
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(JSON.stringify(service.lines) + service.stderr()).not.toContain('s3cret')
  })
})

describe('stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'completes active requests on %s, then exits with 0',
    async (signal) => {
      const service = await start()
      const alice = await buildUser(service)
      const path = `/api/users/${alice.username}/collection`
      const body = JSON.stringify({ text: 'the last one' })
      const socket = connect(Number(new URL(service.url).port), 'localhost')
      let response = ''
      socket.on('data', (data) => {
        response += data
      })
      // Half a request, so that it is still active when the signal arrives.
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
      )
      await until('the request is active', async () => {
        const exposition = await (await fetch(service.metricsUrl)).text()
        return /http_server_active_requests\{http_request_method="POST".*\} 1$/m.test(exposition)
      })
      service.kill(signal)
      await service.logged('stopping')
      await until('no connection is accepted', () =>
        fetch(`${service.url}/livez`).then(
          () => false,
          () => true,
        ),
      )
      socket.write(body.slice(5))
      expect(await service.exited).toBe(0)
      expect(response).toMatch(/^HTTP\/1.1 201 Created\r\n/)
      expect(response).toContain('"text":"the last one"')
      expect(service.lines.map(({ msg }) => msg).slice(-2)).toEqual(['stopping', 'stopped'])
      expect(service.stderr()).toBe('')
    },
  )

  it('closes no connection on which a request is arriving', async () => {
    const service = await start()
    const agent = new Agent({ keepAlive: true })
    const faults: string[] = []
    let responses = 0
    const sendRepeatedly = async () => {
      for (;;) {
        const sent = request(new URL('/livez', service.url), { agent }).end()
        try {
          const [response] = await once(sent, 'response')
          await buffer(response)
          responses++
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException
          if (code === 'ECONNREFUSED') return
          faults.push(`${message}, ${sent.reusedSocket ? 'on a reused connection' : 'on a new one'}`)
        }
      }
    }
    const sending = Promise.all(Array.from({ length: 32 }, sendRepeatedly))
    await until('many responses', () => responses > 1_000)
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    await sending
    expect(faults).toEqual([])
  })

  it('is not ready after the signal', async () => {
    const service = await start()
    const port = Number(new URL(service.url).port)
    const alice = await buildUser(service)
    // Two connections from before the signal: one keeps the service draining, one asks for readiness.
    const busy = connect(port, 'localhost')
    busy.write(
      `POST /api/users/${alice.username}/collection HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{',
    )
    const asking = connect(port, 'localhost')
    let response = ''
    asking.on('data', (data) => {
      response += data
    })
    asking.write('GET /readyz HTTP/1.1\r\nHo')
    await until('the first request is active', async () => {
      const exposition = await (await fetch(service.metricsUrl)).text()
      return /http_server_active_requests\{http_request_method="POST".*\} 1$/m.test(exposition)
    })
    service.kill('SIGTERM')
    await service.logged('stopping')
    asking.write('st: x\r\n\r\n')
    await until('a response', () => response.includes('\r\n\r\n'))
    expect(response).toMatch(/^HTTP\/1.1 503 /)
    expect(response).toMatch(/^Connection: close\r$/m)
    expect(response).toContain('"serving":false')
    busy.end('}')
    expect(await service.exited).toBe(0)
  })
})

describe('SHUTDOWN_DELAY', () => {
  it('serves idle connections, new ones and streams, while a proxy has not noticed the stop', async () => {
    const delayed = await start({ SHUTDOWN_DELAY: '60s' })
    const prompt = await start()
    const alice = await buildUser(delayed)
    const stream = await openStream(delayed, alice)
    const [idle, closed] = [await openIdle(delayed), await openIdle(prompt)]
    delayed.kill('SIGTERM')
    await delayed.logged('stopping')
    prompt.kill('SIGTERM')
    await closed.ended

    const post = JSON.stringify({ text: 'without an Idempotency-Key' })
    const headers = {
      Connection: 'keep-alive',
      Authorization: `Bearer ${alice.token}`,
      'Content-Type': 'application/json',
      'Content-Length': String(post.length),
    }
    idle.socket.write(requestText(`POST /api/users/${alice.username}/collection HTTP/1.1`, headers, post))
    const [, created] = await idle.ended
    expect(created?.status).toBe(201)
    expect(created?.headers.get('Connection')).toBe('close')
    const [unready] = await exchange(delayed, requestText('GET /readyz HTTP/1.1'))
    expect(unready).toMatchObject({ status: 503, body: { checks: { serving: false } } })
    await until('the stream has the post', () => stream.ids().includes(created?.body.id))
    stream.close()
  })

  it('ends streams and exits with 0 once it is over', async () => {
    const service = await start({ SHUTDOWN_DELAY: '100ms' })
    const stream = await openStream(service, await buildUser(service))
    service.kill('SIGTERM')
    expect(await stream.ended).toBe('end')
    expect(await service.exited).toBe(0)
  })
})

/** Opens a connection on which a request was answered. */
async function openIdle(target: Target) {
  const connection = open(target)
  connection.socket.write(requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' }))
  await until('a response', () => connection.received().endsWith('{"status":"live"}'))
  return connection
}

describe('SIGKILL during writes', () => {
  it('loses no acknowledged post', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const acknowledged: Json[] = []
    let alice: Awaited<ReturnType<typeof buildUser>> | undefined
    for (let round = 0; round < 3; round++) {
      const service = run(database.env)
      await service.logged('ready')
      const target = { url: String((await service.logged('listening')).url) }
      const author = alice ?? (await buildUser(target))
      alice = author
      const writing = Promise.allSettled(
        Array.from({ length: 4 }, async () => {
          // Ends with an error when the connection breaks.
          for (;;) acknowledged.push(await buildPost(target, author))
        }),
      )
      const enough = acknowledged.length + 20
      await until('posts are written', () => acknowledged.length >= enough)
      service.kill('SIGKILL')
      await service.exited
      expect((await writing).map(({ status }) => status)).not.toContain('fulfilled')
    }

    const service = run(database.env)
    await service.logged('ready')
    const url = String((await service.logged('listening')).url)
    const stored = new Set<string>()
    let next: string | undefined = `/api/users/${alice?.username}/collection?limit=100`
    while (next) {
      const page = await call({ url }, 'GET', next)
      for (const { id } of page.body) stored.add(id)
      next = /<([^>]*)>/.exec(page.headers.get('Link') ?? '')?.[1]
    }
    expect(acknowledged.map(({ id }) => id).filter((id) => !stored.has(id))).toEqual([])
    // The count changes in the transaction of the post, so it always equals the number of rows.
    const { body } = await call({ url }, 'GET', `/api/users/${alice?.username}`)
    expect(body.counts.posts).toBe(stored.size)
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
  })
})
