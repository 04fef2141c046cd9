// Tells the service, which is not known here, whether it is still measured when it asks what it is ready for.
import { subscribe } from 'node:diagnostics_channel'

/** The service publishes its checks by name before it answers; ours is `telemetry`. */
export function withdrawReadiness(isUp: () => boolean) {
  subscribe('microposts.readiness', (checks) => {
    if (!isUp()) Object.assign(checks as object, { telemetry: false })
  })
}
