// The interactive API reference at `/docs`: Swagger UI, served from its npm package, shows `/openapi.json`.
import { z } from 'zod'
import { hashSource } from '../../lib/content-security-policy.ts'
import { contentTypes, staticFile } from '../../lib/static-files.ts'
import { route } from '../http/endpoint.ts'
import { htmlPage, pageReply } from './html-page.ts'

const tag = 'Documentation'

const startScript = `const dark = matchMedia('(prefers-color-scheme: dark)')
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
followScheme()
dark.addEventListener('change', followScheme)
addEventListener('DOMContentLoaded', () => SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#reference', deepLinking: true, displayRequestDuration: true,
  defaultModelsExpandDepth: 0, validatorUrl: null,
}))`

const page = htmlPage({
  title: 'microposts: the API',
  head: `<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js"></script>
<script>${startScript}</script>`,
  main: '<div id="reference"></div>',
  sources: {
    'script-src': `'self' ${hashSource(startScript)}`,
    // Swagger UI writes style attributes.
    'style-src': "'self' 'unsafe-inline'",
    'connect-src': "'self'",
  },
})

const swaggerFile = (name: string) =>
  staticFile(import.meta.resolve(`swagger-ui-dist/${name}`), { 'Cache-Control': 'public, max-age=86400' })

const files = {
  'swagger-ui-bundle.js': swaggerFile('swagger-ui-bundle.js'),
  'swagger-ui.css': swaggerFile('swagger-ui.css'),
}
const FileName = z.enum(Object.keys(files) as (keyof typeof files)[])

const cacheHeaders = {
  ETag: 'The version of the file in this encoding',
  'Cache-Control': 'How long clients may cache the file',
  Vary: '`Accept-Encoding`',
}

export function docsRoutes() {
  return [
    route(
      {
        method: 'GET',
        path: '/docs',
        auth: 'none',
        summary: 'Show the interactive API reference',
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
        summary: 'Get a file of the interactive API reference',
        tag,
        params: z.object({ file: FileName.meta({ description: 'The name of the file.' }) }),
        replies: {
          200: {
            description: 'The file',
            body: z.instanceof(Buffer).meta({ type: 'string', examples: ['…'] }),
            type: [contentTypes['.js'], contentTypes['.css']],
            headers: cacheHeaders,
            optionalHeaders: { 'Content-Encoding': '`gzip`, if the client accepts it' },
          },
          304: {
            description: 'The client already has this version (`If-None-Match`)',
            headers: cacheHeaders,
          },
        },
      },
      ({ params: { file }, requestHeaders }) => files[file](requestHeaders),
    ),
  ]
}
