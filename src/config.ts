// The service's settings: the only reader of process.env in src/. Telemetry has its own in otel/config.ts.
import { z } from 'zod'

export type Config = z.output<typeof Settings>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const durationUnitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const boolean = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .default(fallback)

/** How often; 0 turns the limit off. */
const limit = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number from 0 to 999999999; 0 turns the limit off')
    .transform(Number)
    .default(fallback)

const Settings = z
  .object({
    HOST: z.string().default('localhost'),
    PORT: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65_535, 'must be a whole number from 0 to 65535')
      .default(3000),
    DATABASE_URL: z
      .string()
      .refine(isPostgresUrl, 'must be a URL that starts with postgresql:// or postgres://')
      .optional(),
    DATA_DIR: z.string().default('./data'),
    PUBLIC_URL: z
      .string()
      .refine(isOrigin, 'must be an http or https origin without a path, such as https://posts.example')
      .transform((url) => new URL(url).origin)
      .optional(),
    TRUST_PROXY: boolean(false),
    CORS_ORIGIN: z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .refine(
        (list) => (list.length === 1 && list[0] === '*') || list.every(isOrigin),
        'must be * or a comma list of origins such as https://posts.example',
      )
      // As browsers spell it.
      .transform((list) => list.map((origin) => (origin === '*' ? '*' : new URL(origin).origin)))
      .default([]),
    WORKERS: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
      .transform(Number)
      .default(1),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
    SESSION_TTL: z
      .string()
      .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a whole number and a unit of s, m, h or d, such as 30d')
      .transform(
        (text) => Number(text.slice(0, -1)) * durationUnitMs[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
      )
      .default(30 * durationUnitMs.d),
    RATE_LIMIT_REQUESTS: limit(300),
    RATE_LIMIT_LOGIN: limit(30),
    RATE_LIMIT_SIGNUP: limit(5),
    RATE_LIMIT_POSTS: limit(80),
  })
  .refine(({ WORKERS, DATABASE_URL }) => WORKERS === 1 || DATABASE_URL !== undefined, {
    path: ['WORKERS'],
    message: 'several need DATABASE_URL: the embedded database takes one process',
    // Also beside faults of others, which come as they were written.
    when: ({ value }) => typeof (value as { WORKERS: unknown }).WORKERS === 'number',
  })
  .transform((env) => ({
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    publicUrl: env.PUBLIC_URL,
    trustProxy: env.TRUST_PROXY,
    corsOrigins: env.CORS_ORIGIN,
    workers: env.WORKERS,
    logLevel: env.LOG_LEVEL,
    sessionTtlMs: env.SESSION_TTL,
    limits: {
      requests: env.RATE_LIMIT_REQUESTS,
      login: env.RATE_LIMIT_LOGIN,
      signup: env.RATE_LIMIT_SIGNUP,
      posts: env.RATE_LIMIT_POSTS,
    },
  }))

/**
 * Reads the settings of the service from the environment; an empty variable is an unset one.
 *
 * @throws {ConfigError} that names every wrong setting, its value and what is allowed, a line each.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = Settings.safeParse(set)
  if (result.success) return result.data
  throw new ConfigError(
    result.error.issues.map(({ path: [name], message }) => `${String(name)}=${shown(name, env)}: ${message}`),
  )
}

export class ConfigError extends Error {
  constructor(faults: string[]) {
    super(faults.join('\n'))
  }
}

/** A database URL holds a password: it is never printed. */
function shown(name: PropertyKey | undefined, env: NodeJS.ProcessEnv): string {
  return name === 'DATABASE_URL' ? '(hidden)' : JSON.stringify(env[String(name)])
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(value.toLowerCase())
}
