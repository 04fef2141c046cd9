// The routes of the API, copied from README.md: routes that came from the service would repeat its errors.

type Methods = readonly string[]
const read = ['GET', 'HEAD']

const routes: [template: string, methods: Methods][] = [
  ['/', read],
  ['/signup', read],
  ['/login', read],
  ['/explore', read],
  ['/search', read],
  ['/settings', read],
  ['/@:username', read],
  ['/@:username/mentions', read],
  ['/@:username/following', read],
  ['/@:username/followers', read],
  ['/@:username/:id', read],
  ['/assets/:version/:folder/:file', read],
  ['/livez', read],
  ['/readyz', read],
  ['/openapi.json', read],
  ['/docs', read],
  ['/docs/:file', read],
  ['/problems', read],
  ['/problems/:code', read],
  ['/api/posts', read],
  ['/api/users', [...read, 'POST']],
  ['/api/login', ['POST']],
  ['/api/logout', ['POST']],
  ['/api/sessions', read],
  ['/api/sessions/:id', ['DELETE']],
  ['/api/users/:username', [...read, 'PATCH', 'DELETE']],
  ['/api/users/:username/collection', [...read, 'POST']],
  ['/api/users/:username/collection/:id', [...read, 'PUT', 'PATCH', 'DELETE']],
  ['/api/users/:username/references', read],
  ['/api/users/:username/followers', read],
  ['/api/users/:username/following', [...read, 'POST']],
  ['/api/users/:username/following/:other', ['PUT', 'DELETE']],
  ['/api/users/:username/timeline', read],
  ['/api/users/:username/timeline/stream', read],
]

const patterns = routes.map(([template, methods]) => ({
  template,
  methods,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
}))

/** Returns the template of a request's route, or undefined if no route has this path and method. */
export const routeOf = (method: string, path: string): string | undefined =>
  patterns.find(({ methods, pattern }) => methods.includes(method) && pattern.test(path))?.template

type Request = { method: string; path: string }

export const isTimeline = ({ method, path }: Request) => routeOf(method, path)?.endsWith('/timeline') ?? false
export const isStream = ({ method, path }: Request) => routeOf(method, path)?.endsWith('/stream') ?? false
