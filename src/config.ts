// The service's settings, and the only reader of process.env in src/. Telemetry's settings are in otel/config/.
import { z } from 'zod'
import { ConfigError } from '../lib/config-error.ts'
import { logLevels } from '../lib/log.ts'

export type Config = z.output<typeof Settings>

const durationUnitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Settings that are never printed, because they contain a password. */
const secrets: readonly PropertyKey[] = ['DATABASE_URL']

const rateLimit = () =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number from 0 to 999999999; 0 turns the limit off')
    .transform(Number)

const limit = () =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number from 0 to 999999999; 0 means no limit')
    .transform((text) => Number(text) || Number.POSITIVE_INFINITY)

/** In milliseconds. */
const duration = (pattern: RegExp, requirement: string) =>
  z
    .string()
    .regex(pattern, requirement)
    .transform((text) => Number.parseInt(text, 10) * (durationUnitMs[text.replace(/^\d+/, '')] ?? 0))

const timeout = () =>
  duration(/^[1-9]\d{0,5}(ms|s|m)$/, 'must be a whole number and a unit (ms, s or m), such as 30s')

/**
 * The variables. The settings tables of the documentation are generated from it: a default is written as the variable
 * would be, and an example is for a variable without a default.
 */
export const Variables = z.object({
  HOST: z
    .string()
    .prefault('localhost')
    .describe('Address that the API listens on; `0.0.0.0` in a container'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a whole number from 0 to 65535')
    .prefault('3000')
    .describe('Port that the API listens on; 0 picks a free one'),
  DATABASE_URL: z
    .string()
    .refine(isPostgresUrl, 'must be a URL that starts with postgresql:// or postgres://')
    .refine(
      (url) => /^[1-9]\d{0,4}$/.test(parameterOf(url, 'connection_limit') ?? '1'),
      'must have a connection_limit from 1 to 99999',
    )
    .refine(
      (url) => ['public', ''].includes(parameterOf(url, 'schema') ?? ''),
      'must have no schema but public; give the service a database of its own',
    )
    .optional()
    .meta({
      description:
        'PostgreSQL to use instead of the embedded database. `?connection_limit=10` bounds the pool of each process; `?pgbouncer=true` suits a transaction pooler',
      example: 'postgresql://user:password@localhost:5432/microposts',
    }),
  DATA_DIR: z
    .string()
    .prefault('./data')
    .describe('Folder of the embedded database; one process at a time can use it'),
  DATA_FSYNC: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .prefault('false')
    .describe(
      'Flush every commit of the embedded database to the disk, so that it survives a power failure; writes take longer',
    ),
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'must be an http or https origin without a path, such as https://posts.example')
    .transform((url) => new URL(url).origin)
    .optional()
    .meta({
      description: "Origin of the links in responses; by default the request's origin",
      example: 'https://posts.example',
    }),
  TRUST_PROXY: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .prefault('false')
    .describe(
      'Use the `X-Forwarded-*` headers. Set it to `true` only behind a proxy that sets them: clients can forge them. The last address in `X-Forwarded-For` is the client',
    ),
  CORS_ORIGIN: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine(
      (list) => (list.length === 1 && list[0] === '*') || list.every(isOrigin),
      'must be * or a comma-separated list of origins such as https://posts.example',
    )
    // Normalised to the spelling of browsers.
    .transform((list) => list.map((origin) => (origin === '*' ? '*' : new URL(origin).origin)))
    .default([])
    .meta({
      description: 'Origins whose pages may call the API: a comma-separated list, or `*`',
      example: 'https://app.example',
    }),
  WORKERS: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
    .transform(Number)
    .prefault('1')
    .describe(
      'Number of processes that serve the port, with one `/metrics` for all; more than 1 requires `DATABASE_URL`',
    ),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(', ')}`)
    .prefault('info')
    .describe(`Lowest level that is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}`),
  SESSION_TTL: duration(
    /^[1-9]\d{0,5}[smhd]$/,
    'must be a whole number and a unit (s, m, h or d), such as 30d',
  )
    .prefault('30d')
    .describe('Lifetime of a session, counted from login: a number and `s`, `m`, `h` or `d`'),
  SESSION_IDLE_TTL: duration(
    /^(0|[1-9]\d{0,5}[mhd])$/,
    'must be a whole number and a unit (m, h or d), such as 7d; 0 means no limit',
  )
    .prefault('0')
    .describe('Time without a request after which a session ends, to the minute; 0 means no limit'),
  RATE_LIMIT_REQUESTS: rateLimit()
    .prefault('300')
    .describe('Requests per 5 minutes and user, or address if anonymous; 0 turns any limit off'),
  RATE_LIMIT_LOGIN: rateLimit().prefault('30').describe('Login attempts per 5 minutes, username and address'),
  RATE_LIMIT_SIGNUP: rateLimit().prefault('5').describe('Sign-up attempts per 30 minutes and address'),
  RATE_LIMIT_POSTS: rateLimit().prefault('80').describe('Posts per minute and user'),
  OVERLOAD_DELAY: duration(
    /^(0|[1-9]\d{0,5}(ms|s))$/,
    'must be a whole number and a unit (ms or s), such as 50ms; 0 turns it off',
  )
    .prefault('50ms')
    .describe(
      'Delay (of the event loop, and of the wait for a database connection) from which on API requests are rejected with 503, unless very few are active; 0 turns this off',
    ),
  MAX_CONNECTIONS: limit()
    .prefault('5000')
    .describe('Connections per process; more are closed at once; 0 means no limit'),
  MAX_STREAMS: limit().prefault('1000').describe('Open streams per process; 0 means no limit'),
  MAX_STREAMS_PER_USER: limit()
    .prefault('10')
    .describe('Open streams per user and process; 0 means no limit'),
  HEADERS_TIMEOUT: timeout().prefault('10s').describe('Time for the headers of a request to arrive'),
  REQUEST_TIMEOUT: timeout().prefault('30s').describe('Time for a whole request to arrive'),
  RESPONSE_TIMEOUT: timeout()
    .prefault('60s')
    .describe('Time from then until the client has read the response; streams have no limit'),
  SHUTDOWN_DELAY: duration(
    /^(0|[1-9]\d{0,5}(ms|s))$/,
    'must be a whole number and a unit (ms or s), such as 5s; 0 means no delay',
  )
    .prefault('0')
    .describe(
      'Time after SIGTERM in which the service reports not ready and still serves, so that a proxy stops using its connections before they are closed; 0 suits a service without a proxy',
    ),
})

const Settings = Variables.refine(
  ({ WORKERS, DATABASE_URL }) => WORKERS === 1 || DATABASE_URL !== undefined,
  {
    path: ['WORKERS'],
    message: 'must be 1 without DATABASE_URL: the embedded database supports one process',
    // Checked even if other variables have faults; an invalid WORKERS is still a string here.
    when: ({ value }) => typeof (value as { WORKERS: unknown }).WORKERS === 'number',
  },
).transform((env) => ({
  host: env.HOST,
  port: env.PORT,
  databaseUrl: env.DATABASE_URL,
  dataDir: env.DATA_DIR,
  dataFsync: env.DATA_FSYNC,
  publicUrl: env.PUBLIC_URL,
  trustProxy: env.TRUST_PROXY,
  corsOrigins: env.CORS_ORIGIN,
  workers: env.WORKERS,
  logLevel: env.LOG_LEVEL,
  sessionTtlMs: env.SESSION_TTL,
  sessionIdleMs: env.SESSION_IDLE_TTL || Number.POSITIVE_INFINITY,
  limits: {
    requests: env.RATE_LIMIT_REQUESTS,
    login: env.RATE_LIMIT_LOGIN,
    signup: env.RATE_LIMIT_SIGNUP,
    posts: env.RATE_LIMIT_POSTS,
  },
  overloadDelayMs: env.OVERLOAD_DELAY,
  maxConnections: env.MAX_CONNECTIONS,
  streamLimits: { total: env.MAX_STREAMS, perUser: env.MAX_STREAMS_PER_USER },
  timeouts: {
    headersMs: env.HEADERS_TIMEOUT,
    requestMs: env.REQUEST_TIMEOUT,
    responseMs: env.RESPONSE_TIMEOUT,
  },
  shutdownDelayMs: env.SHUTDOWN_DELAY,
}))

/**
 * Reads the settings from the environment. An empty variable counts as unset.
 *
 * @throws {ConfigError} with every fault at once.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = Settings.safeParse(set)
  if (result.success) return result.data
  throw new ConfigError(
    result.error.issues.map(({ path: [name = ''], message }) => ({
      name: String(name),
      value: env[String(name)],
      secret: secrets.includes(name),
      requirement: message,
    })),
  )
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)
}

/** Null if the URL is invalid or lacks the parameter. */
function parameterOf(url: string, name: string): string | null {
  return URL.parse(url)?.searchParams.get(name) ?? null
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(value.toLowerCase())
}
