// What the service costs, as `npm run bench -- capacity --save` measured it.
import { readFileSync } from 'node:fs'

export const kinds = ['one post', 'list', 'timeline', 'search', 'create'] as const
export type Kind = (typeof kinds)[number]

/** Of one request. */
export type RequestCosts = {
  /** CPU time of the service, user and system, in µs. */
  serviceUs: number
  /** CPU time of the PostgreSQL connections that it used, in µs. */
  databaseUs: number
  /** How long it held a connection of the pool, in µs. */
  connectionUs: number
  /** Of the response without its headers. */
  responseBytes: number
  /** Of PostgreSQL's write-ahead log. */
  walBytes: number
}

export type Costs = {
  /** The machine that they were measured on. */
  machine: string
  /** Posts in the database. */
  posts: number
  requests: Record<Kind, RequestCosts>
  timeline: {
    /** The followees of the measured timeline. */
    followees: number
    /** CPU time of PostgreSQL for each more of them, in µs. */
    followeeUs: number
  }
  stream: {
    /** CPU time of the service for one post on one stream, in µs. */
    deliveryUs: number
    /** CPU time of the service and of PostgreSQL in µs when an instance reads new posts for all its streams. */
    readUs: number
    databaseUs: number
    bytes: number
  }
  /** Resident memory of one process in bytes: after the start, and after the load. */
  memory: { idle: number; loaded: number }
  /** Bytes of one row with its part of the indexes. */
  rows: { post: number; user: number; follow: number }
  /** Series that one process exposes after these requests. */
  series: number
  limits: {
    /** New posts per second with many writers. */
    postsPerSecond: number
    /** New followers per second of a single user, whose row counts them. */
    followersPerSecond: number
  }
}

/** The file that holds the costs. */
export const costsFile = 'harness/capacity/costs.json'

export const readCosts = (): Costs => JSON.parse(readFileSync(costsFile, 'utf8'))
