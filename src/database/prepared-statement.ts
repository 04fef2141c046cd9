// Runs prepared statements on a pool of `pg`, for less CPU time than `pg` itself needs: it asks the server to describe the
// rows of a statement once per connection instead of at each execution, and copies no configuration.
import pg, { type Connection, type Pool, type QueryConfig, type Submittable } from 'pg'

type Parse = (text: string) => unknown
type Column = { name: string; parse: Parse }
type Parameter = string | Buffer | null
type Statement = { name: string; text: string; values: readonly unknown[] }

/** `pg` itself adds each statement that the server has parsed, also those of Prisma's adapter. */
type PreparedConnection = Connection & { parsedStatements: Record<string, string> }

/** The messages of the server that `pg` passes on to the running statement. */
type Listener = Submittable & {
  handleRowDescription(message: { fields: { name: string; dataTypeID: number }[] }): void
  handleDataRow(message: { fields: (string | null)[] }): void
  handleCommandComplete(): void
  handleEmptyQuery(): void
  handleReadyForQuery(): void
  handleError(error: Error): void
  callback?: (error?: Error) => void
}

/**
 * Creates a function that runs one statement, unprepared if its name is '', and returns its rows.
 *
 * A description stays true as long as the connection: the server refuses a prepared statement whose columns have changed.
 */
export function createPreparedStatements(pool: Pool, parserOf: (type: number) => Parse) {
  const descriptions = new WeakMap<Connection, Map<string, Column[]>>()

  return <Row>({ name, text, values }: Statement): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const parameters = values.map(toParameter)
      const rows: Row[] = []
      let columns: Column[] = []
      let described: Map<string, Column[]>
      let failure: Error | undefined

      const listener: Listener & QueryConfig = {
        name,
        text,
        submit(connection) {
          const known = descriptions.get(connection)
          described = known ?? new Map()
          if (!known) descriptions.set(connection, described)
          columns = described.get(name) ?? []
          send(connection as PreparedConnection, { name, text, parameters }, described.has(name))
        },
        handleRowDescription({ fields }) {
          columns = fields.map((field) => ({ name: field.name, parse: parserOf(field.dataTypeID) }))
          if (name !== '') described.set(name, columns)
        },
        handleDataRow({ fields }) {
          // Thrown here, an error would crash the process.
          try {
            rows.push(parseRow(columns, fields) as Row)
          } catch (error) {
            failure = error as Error
          }
        },
        handleCommandComplete: ignore,
        handleEmptyQuery: ignore,
        handleReadyForQuery() {
          this.callback?.(failure)
        },
        handleError(error) {
          // It may quote a whole row, and errors are logged.
          if (error instanceof pg.DatabaseError) delete error.detail
          this.callback?.(error)
        },
      }
      pool.query(listener, (error: Error | undefined) => (error ? reject(error) : resolve(rows)))
    })
}

/** Sends everything in one write. */
function send(
  connection: PreparedConnection,
  { name, text, parameters }: { name: string; text: string; parameters: Parameter[] },
  described: boolean,
) {
  connection.stream.cork()
  if (name === '' || !connection.parsedStatements[name]) connection.parse({ name, text, types: [] }, true)
  connection.bind({ statement: name, values: parameters }, true)
  if (!described) connection.describe({ type: 'P' }, true)
  connection.execute(null, true)
  connection.sync()
  connection.stream.uncork()
}

function parseRow(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  columns.forEach(({ name, parse }, i) => {
    const text = fields[i]
    row[name] = text == null ? null : parse(text)
  })
  return row
}

/** PostgreSQL's text format, or the bytes of a bytea. */
function toParameter(value: unknown): Parameter {
  if (value === null || value === undefined) return null
  if (typeof value !== 'object') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return `{${value.map(toElement).join()}}`
  throw new TypeError('A parameter is neither a scalar, a Date, bytes nor an array.')
}

const toElement = (value: unknown) =>
  value === null ? 'NULL' : `"${String(value).replace(/[\\"]/g, '\\$&')}"`

const ignore = () => {}
