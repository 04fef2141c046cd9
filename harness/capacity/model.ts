// Computes what a load needs, from what requests, rows, streams and processes cost. Each need is proportional to them.
import { type Costs, type Kind, kinds, type RequestCosts } from './costs.ts'

export type Load = {
  requestsPerSecond: number
  /** The share of each kind of request; they add up to 1. */
  mix: Readonly<Record<Kind, number>>
  posts: number
  users: number
  /** Users that a user follows, on average: the followees of a timeline, and the followers of an author. */
  follows: number
  /** Open streams of all instances. */
  streams: number
  /** New followers per second of the most popular user. */
  followersPerSecond: number
}

export type Equipment = {
  databaseCores: number
  /** Connections that PostgreSQL accepts. */
  connections: number
  /** The pool of an instance. */
  pool: number
  /** Streams that an instance accepts (MAX_STREAMS). */
  streamsPerInstance: number
  /** The largest database that is still comfortable to vacuum, back up and restore, in bytes. */
  databaseBytes: number
  /** Series that one Prometheus server stores comfortably. */
  series: number
  /** The share of a core, pool or limit to plan with; the rest is for peaks and failures. */
  utilization: number
  scrapeSeconds: number
}

export const equipment: Equipment = {
  databaseCores: 16,
  connections: 100,
  pool: 10,
  streamsPerInstance: 1_000,
  databaseBytes: 1e12,
  series: 2_000_000,
  utilization: 0.6,
  scrapeSeconds: 15,
}

/** Prometheus stores a sample in one to two bytes: https://prometheus.io/docs/prometheus/latest/storage/ */
const bytesPerSample = 2
const secondsPerDay = 86_400
/** Of one instance at most: it waits for 50 ms before it notifies the others of all its new posts. */
const notificationsPerSecond = 20
/** CPU time of PostgreSQL for a followee if the newest posts do not fill the page (docs/performance.md, "Timelines"). */
const worstFolloweeUs = 4
/** How much longer a search takes in ten times as many posts (docs/performance.md, "Growth of the database"). */
const searchGrowth = 1.2

/** A resource and how much of it the load uses; 1 is all of it. The name is a heading of docs/scaling.md. */
export type Bottleneck = { name: string; use: string; limit: string; share: number }

export type Needs = ReturnType<typeof needsOf>

/** Returns what the load needs per second, and in total. */
export function needsOf(load: Load, costs: Costs, { utilization, scrapeSeconds, ...machine } = equipment) {
  const { requestsPerSecond: rate, mix } = load
  const request = mixedCosts(load, costs)
  const postsPerSecond = rate * mix.create
  const deliveriesPerSecond = postsPerSecond * load.streams * Math.min(1, load.follows / load.users)
  const scalingCores = (rate * request.serviceUs + deliveriesPerSecond * costs.stream.deliveryUs) / 1e6
  const fewestInstances = Math.max(
    1,
    Math.ceil(scalingCores / utilization),
    Math.ceil(load.streams / machine.streamsPerInstance),
  )
  // An instance reads new posts after a notification, once for all its streams, and one read at a time.
  const readsPerSecond =
    load.streams === 0
      ? 0
      : Math.min(
          postsPerSecond,
          fewestInstances * notificationsPerSecond,
          1e6 / (costs.stream.readUs + costs.stream.databaseUs),
        )
  const readingCores = (readsPerSecond * costs.stream.readUs) / 1e6
  const connectionsBusy = (rate * request.connectionUs) / 1e6
  const instances = Math.max(
    fewestInstances,
    Math.ceil(scalingCores / Math.max(utilization - readingCores, 0.05)),
    Math.ceil(connectionsBusy / (machine.pool * utilization)),
  )
  const series = instances * costs.series
  const { post, user, follow } = costs.rows
  return {
    instances,
    serviceCores: scalingCores + instances * readingCores,
    /** Of one instance, however many there are. */
    readingCores,
    memoryBytes: instances * costs.memory.loaded + load.streams * costs.stream.bytes,
    databaseCores: (rate * request.databaseUs + instances * readsPerSecond * costs.stream.databaseUs) / 1e6,
    connectionsBusy,
    connections: instances * (machine.pool + 2),
    postsPerSecond,
    deliveriesPerSecond,
    walBytesPerSecond: rate * request.walBytes,
    responseBytesPerSecond: rate * request.responseBytes,
    databaseBytes: load.posts * post + load.users * (user + load.follows * follow),
    slowTimelineUs: costs.requests.timeline.databaseUs + load.follows * worstFolloweeUs,
    searchUs: costs.requests.search.databaseUs * searchGrowth ** Math.log10(load.posts / costs.posts),
    series,
    samplesPerSecond: series / scrapeSeconds,
    prometheusBytesPerDay: (series / scrapeSeconds) * secondsPerDay * bytesPerSample,
  }
}

/** Returns the costs of an average request of the mix. */
export function mixedCosts(load: Pick<Load, 'mix' | 'follows'>, costs: Costs): RequestCosts {
  const requests = { ...costs.requests, timeline: timelineCosts(load, costs) }
  const mean = (cost: keyof RequestCosts) =>
    kinds.reduce((sum, kind) => sum + load.mix[kind] * requests[kind][cost], 0)
  return {
    serviceUs: mean('serviceUs'),
    databaseUs: mean('databaseUs'),
    connectionUs: mean('connectionUs'),
    responseBytes: mean('responseBytes'),
    walBytes: mean('walBytes'),
  }
}

/** The usual timeline: the newest posts fill the page, and each followee costs little. */
function timelineCosts({ follows }: Pick<Load, 'follows'>, { requests, timeline }: Costs): RequestCosts {
  const moreUs = (follows - timeline.followees) * timeline.followeeUs
  const { databaseUs, connectionUs } = requests.timeline
  return {
    ...requests.timeline,
    databaseUs: Math.max(0, databaseUs + moreUs),
    connectionUs: Math.max(0, connectionUs + moreUs),
  }
}

/** Returns the resources that the load uses up first, the fullest first. */
export function bottlenecksOf(load: Load, costs: Costs, machine = equipment): Bottleneck[] {
  const needs = needsOf(load, costs, machine)
  const of = (name: string, used: number, limit: number, show: (value: number) => string): Bottleneck => ({
    name,
    use: show(used),
    limit: show(limit),
    share: used / limit,
  })
  const { utilization } = machine
  return [
    of('CPU of PostgreSQL', needs.databaseCores, machine.databaseCores * utilization, cores),
    of('Connections to PostgreSQL', needs.connections, machine.connections, count('connections')),
    of('Writes', needs.postsPerSecond, costs.limits.postsPerSecond * utilization, count('posts/s')),
    of(
      'A very popular user',
      load.followersPerSecond,
      costs.limits.followersPerSecond * utilization,
      count('followers/s'),
    ),
    of('Notifications', needs.readingCores, utilization, cores),
    of('Timelines of people who follow thousands', needs.slowTimelineUs / 1e3, patienceMs, count('ms')),
    of('Search', needs.searchUs / 1e3, patienceMs, count('ms')),
    of('Size of the database', needs.databaseBytes, machine.databaseBytes, bytes),
    of('Series in Prometheus', needs.series, machine.series, count('series')),
  ].sort((a, b) => b.share - a.share)
}

/** A statement that takes longer is felt, and keeps a connection from others. */
const patienceMs = 50

const cores = (value: number) => `${amount(value)} cores`
const count = (unit: string) => (value: number) => `${amount(value)} ${unit}`

/** A number for people: three digits, with thousands separated. */
export const amount = (value: number): string =>
  value < 10 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString('en-US')

/** Decimal units, as disks are sold. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)))
  return `${amount(value / 1e3 ** power)} ${units[power]}`
}
