import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { staticFile } from '../../lib/static-files.ts'

const TEXT = 'body { margin: 0 }\n'

async function temporaryFile(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'static-files-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  return {
    serve: staticFile(pathToFileURL(path).href, { 'Cache-Control': 'no-cache' }),
    write: (text = TEXT) => writeFile(path, text),
  }
}

it('serves the file with its type, length, entity tag and the given headers', async () => {
  const { serve, write } = await temporaryFile('style.css')
  await write()

  expect(await serve({})).toEqual({
    status: 200,
    headers: {
      'Cache-Control': 'no-cache',
      'Content-Length': String(TEXT.length),
      'Content-Type': 'text/css; charset=utf-8',
      ETag: expect.stringMatching(/^"[\w-]{43}"$/),
      Vary: 'Accept-Encoding',
    },
    body: Buffer.from(TEXT),
  })
})

it('compresses on request, under another strong entity tag', async () => {
  const { serve, write } = await temporaryFile('style.css')
  await write()
  const plain = await serve({})

  const { headers, body = Buffer.of() } = await serve({ 'accept-encoding': 'gzip, br' })

  expect(headers).toEqual({
    ...plain.headers,
    'Content-Encoding': 'gzip',
    'Content-Length': String(body.length),
    ETag: `${plain.headers.ETag?.slice(0, -1)}-gzip"`,
  })
  expect(gunzipSync(body).toString()).toBe(TEXT)
})

it('responds 304 to the entity tag of the same encoding, and to no other', async () => {
  const { serve, write } = await temporaryFile('script.js')
  await write()
  const gzip = { 'accept-encoding': 'gzip' }
  const [plain, gzipped] = [await serve({}), await serve(gzip)]
  const ask = (etag: string | undefined, headers = {}) => serve({ ...headers, 'if-none-match': etag })

  expect(await ask(plain.headers.ETag)).toEqual({
    status: 304,
    headers: { 'Cache-Control': 'no-cache', ETag: plain.headers.ETag, Vary: 'Accept-Encoding' },
  })
  expect(await ask(`"other", W/${gzipped.headers.ETag}`, gzip)).toMatchObject({ status: 304 })
  expect(await ask(plain.headers.ETag, { 'cache-control': 'no-cache' })).toMatchObject({ status: 304 })
  expect(await ask(gzipped.headers.ETag)).toMatchObject({ status: 200 })
  expect(await ask('"other"')).toMatchObject({ status: 200 })
})

it('reads the file once, but tries again after a failed read', async () => {
  const { serve, write } = await temporaryFile('index.html')
  await expect(serve({})).rejects.toThrow('ENOENT')

  await write()
  const first = await serve({})
  await write('changed')

  expect(first).toMatchObject({ status: 200, body: Buffer.from(TEXT) })
  expect(await serve({})).toEqual(first)
})
