// Loaded before the service: LISTEN fails as on an engine without it, so the service neither listens nor notifies.
import pg from 'pg'

const { Client, DatabaseError } = pg
const { query } = Client.prototype

Object.assign(Client.prototype, {
  query(this: pg.Client, ...args: Parameters<typeof query>) {
    if (String(args[0]).startsWith('LISTEN')) {
      const error = Object.assign(new DatabaseError('LISTEN is not supported', 0, 'error'), { code: '0A000' })
      return Promise.reject(error)
    }
    return query.apply(this, args)
  },
})
