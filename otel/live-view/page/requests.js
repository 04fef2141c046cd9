// What the labels of a request's series mean.
import { remembered } from './labels.js'

/** @import { Labels } from './types.ts' */

/** Its requests last as long as their clients stay, which says nothing of how long an answer takes. */
const STREAM = '/api/users/:username/timeline/stream'

/** @param {Labels} labels */
export const routeOf = ({ http_route }) => http_route ?? '(no route)'

/** @param {Labels} labels */
export const methodOf = ({ http_request_method }) => http_request_method ?? ''

/** What a row of the table and a choice of the filter are: a method and a route. */
export const endpointOf = remembered((labels) => `${methodOf(labels)} ${routeOf(labels)}`)

/** @param {Labels} labels */
export const isStream = ({ http_route }) => http_route === STREAM

/**
 * 4 for a 404.
 * @param {Labels} labels
 */
export const statusClassOf = ({ http_response_status_code = '' }) => Number(http_response_status_code[0])

/** @param {Labels} labels */
export const isClientError = (labels) => statusClassOf(labels) === 4

/** @param {Labels} labels */
export const isServerError = (labels) => statusClassOf(labels) === 5
