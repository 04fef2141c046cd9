// Where the API does not follow a rule of OWASP, and why.

/** Findings of `rule` are accepted if their JSON pointer matches `at`. */
export type Exception = { rule: string; at: RegExp; reason: string }

const outsideApi = /^paths\/\/(?!api\/)/

export const exceptions: Exception[] = [
  {
    rule: 'owasp:api2:2023-read-restricted',
    at: /^paths\//,
    reason: 'Posts and profiles are public, like those of any microblog.',
  },
  {
    rule: 'owasp:api2:2023-write-restricted',
    at: /^paths\/\/api\/(users|login)\/post\//,
    reason: 'Nobody has a token before signing up and logging in. Both have rate limits of their own.',
  },
  {
    rule: 'owasp:api4:2023-array-limit',
    at: /^paths\/\/api\/sessions\/get\/responses\/200\//,
    reason: 'A user may have any number of sessions; the rate limit of logins and SESSION_TTL bound them.',
  },
  {
    rule: 'owasp:api4:2023-string-limit',
    at: /^paths\/.*\/responses\/|^components\/(headers|schemas\/(Login|Micropost|Problem|Session|User))\//,
    reason:
      'The rule protects the server from large input. Responses repeat what requests were allowed to set.',
  },
  {
    rule: 'owasp:api4:2023-string-restricted',
    at: /^(paths|components)\//,
    reason: 'Texts, names and passwords may have any characters that can be stored.',
  },
  ...['owasp:api4:2023-rate-limit', 'owasp:api4:2023-rate-limit-responses-429'].map((rule) => ({
    rule,
    at: outsideApi,
    reason: 'Health checks and static pages cost no query that grows, and a limit would hide the service.',
  })),
  {
    rule: 'owasp:api8:2023-define-error-responses-401',
    at: outsideApi,
    reason: 'Pages and health checks never read a token.',
  },
  {
    rule: 'owasp:api8:2023-define-cors-origin',
    at: /^(paths|components)\//,
    reason:
      'Responses have the header only if CORS_ORIGIN is set; by default no other site may call the API.',
  },
  {
    rule: 'owasp:api9:2023-inventory-environment',
    at: /^servers\//,
    reason: 'Each environment serves its own document, whose server is relative: it cannot know its name.',
  },
]
