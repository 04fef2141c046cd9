// The interactive reference at `/docs`: Swagger UI over the service's own document, all of it from here.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { route } from '../http/endpoint.ts'
import { hashSource, htmlPage, pageReply } from './html-page.ts'

const tag = 'Documentation'

/** The viewer's files, by the type that each is served as. */
const types = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
} as const
type File = keyof typeof types

const cached = { ETag: 'The version of the file', 'Cache-Control': 'How long it may be kept' }

const start = `addEventListener('DOMContentLoaded', () => SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#reference', deepLinking: true, displayRequestDuration: true,
  defaultModelsExpandDepth: 0, validatorUrl: null,
}))`

const page = htmlPage({
  title: 'Microposts: the API',
  head: `<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js"></script>
<script>${start}</script>`,
  style: 'body { margin: 0 }',
  body: '<body><div id="reference"></div>',
  sources: {
    'script-src': `'self' ${hashSource(start)}`,
    // The viewer writes style attributes.
    'style-src': "'self' 'unsafe-inline'",
    'connect-src': "'self'",
  },
})

export function docsRoutes() {
  const asset = createAssets()
  return [
    route(
      {
        method: 'GET',
        path: '/docs',
        auth: 'none',
        summary: 'Read about every request, and try it',
        tag,
        replies: { 200: pageReply },
      },
      () => page,
    ),

    route(
      {
        method: 'GET',
        path: '/docs/:file',
        auth: 'none',
        summary: 'Load a part of the interactive reference',
        tag,
        params: z.object({
          file: z.enum(Object.keys(types) as [File, ...File[]]).meta({ description: 'Which one.' }),
        }),
        replies: {
          200: {
            description: 'The file',
            body: z.string().meta({ examples: ['…'] }),
            type: Object.values(types),
            headers: cached,
          },
          304: { description: 'It is still the one that `If-None-Match` names', headers: cached },
        },
      },
      async ({ params: { file } }) => {
        const { text, etag } = await asset(file)
        const headers = { 'Content-Type': types[file], ETag: etag, 'Cache-Control': 'public, max-age=86400' }
        return { status: 200, headers, body: text }
      },
    ),
  ]
}

/** The viewer's files, each read once. */
function createAssets() {
  const read = new Map<File, Promise<{ text: string; etag: string }>>()
  return (file: File) => {
    const asset = read.get(file) ?? readAsset(file)
    read.set(file, asset)
    return asset
  }
}

async function readAsset(file: File) {
  const text = await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`)), 'utf8')
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
}
