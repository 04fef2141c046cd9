// The addresses of the web client, and the files that it loads.
import { z } from 'zod'
import { contentTypes } from '../../lib/static-files.ts'
import { AppError } from '../errors.ts'
import { route } from '../http/endpoint.ts'
import { Id } from '../http/fields.ts'
import { findAsset } from './assets.ts'
import { clientShell } from './client-shell.ts'
import { pageReply } from './html-page.ts'

const tag = 'Web client'

const shellHeaders = { ETag: 'The version of the page', 'Cache-Control': '`no-cache`: revalidate each time' }
const fileHeaders = {
  ETag: 'The version of the file in this encoding',
  'Cache-Control': '`immutable`: the file at this address never changes',
  Vary: '`Accept-Encoding`',
}
const notModified = (headers: Record<string, string>) => ({
  description: 'The client already has this version (`If-None-Match`)',
  headers,
})

const username = z.string().regex(/^[A-Za-z0-9_.-]{1,50}$/)
const Profile = z.object({ username })
const PostAddress = Profile.extend({ id: Id })

/** The address that the OpenAPI document lists. */
export const frontPageRoute = () => page('/', 'Show the web client')

/** All other addresses: they are not part of the API, and those of pages serve what `/` does. */
export function clientRoutes() {
  return [
    page('/signup', 'Show the form to sign up'),
    page('/login', 'Show the form to log in'),
    page('/explore', 'Show all posts'),
    page('/search', 'Show the posts and people that match `q`'),
    page('/settings', 'Show your profile, password and sessions'),
    page('/@:username', 'Show a profile and the posts of the user', Profile),
    page('/@:username/mentions', 'Show the posts that mention a user', Profile),
    page('/@:username/following', 'Show the people that a user follows', Profile),
    page('/@:username/followers', 'Show the followers of a user', Profile),
    page('/@:username/:id', 'Show a post', PostAddress),

    route(
      {
        method: 'GET',
        path: '/assets/:version/:folder/:file',
        auth: 'none',
        summary: 'Get a file of the web client',
        tag,
        params: z.object({ version: z.string(), folder: z.string(), file: z.string() }),
        replies: {
          200: {
            description: 'The file',
            body: z.instanceof(Buffer).meta({ type: 'string', examples: ['…'] }),
            type: [contentTypes['.js'], contentTypes['.css'], contentTypes['.svg'], contentTypes['.woff2']],
            headers: fileHeaders,
            optionalHeaders: { 'Content-Encoding': '`gzip`, if the client accepts it' },
          },
          304: notModified(fileHeaders),
        },
      },
      ({ params: { version, folder, file }, requestHeaders }) => {
        const asset = findAsset(version, `${folder}/${file}`)
        if (!asset) throw new AppError('not-found', 'This version has no such file.')
        return asset(requestHeaders)
      },
    ),
  ]
}

function page(path: string, summary: string, params = z.object({})) {
  return route(
    {
      method: 'GET',
      path,
      auth: 'none',
      summary,
      tag,
      params,
      replies: { 200: { ...pageReply, headers: shellHeaders }, 304: notModified(shellHeaders) },
    },
    () => clientShell(),
  )
}
