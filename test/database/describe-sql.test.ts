import { describe, expect, it } from 'vitest'
import { describeStatement } from '../../src/database/instrumentation/describe-sql.ts'

describe('describeStatement', () => {
  it.each([
    ['SELECT "public"."User"."id" FROM "public"."User" WHERE 1=1', 'SELECT', 'User'],
    ['INSERT INTO "public"."Post" ("id") VALUES ($1) RETURNING "id"', 'INSERT', 'Post'],
    ['update "Session" set "lastUsedAt" = $1', 'UPDATE', 'Session'],
    ['DELETE FROM "public"."Follow"', 'DELETE', 'Follow'],
    ['BEGIN', 'BEGIN', undefined],
    ['COMMIT', 'COMMIT', undefined],
    ['ROLLBACK', 'ROLLBACK', undefined],
    ['SAVEPOINT s1', '_OTHER', undefined],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', '_OTHER', undefined],
    ['', '_OTHER', undefined],
  ])('%s', (sql, operation, collection) => {
    expect(describeStatement(sql)).toEqual({ operation, collection })
  })

  it('takes the verb of the main statement after WITH', () => {
    const sql = `WITH "select" AS (INSERT INTO "Post" ("id") VALUES ($1) RETURNING *),
      old AS MATERIALIZED (SELECT ')' FROM "Follow") UPDATE "User" SET "postCount" = "postCount" + 1`
    expect(describeStatement(sql)).toEqual({ operation: 'UPDATE', collection: 'User' })
  })

  it('takes the verb of the first data-modifying CTE when the main statement is a SELECT', () => {
    const sql = `WITH found AS (SELECT * FROM "User" WHERE "id" = $1 FOR UPDATE),
      deleted AS (DELETE FROM "Post" USING found RETURNING 1),
      counted AS (UPDATE "User" SET "postCount" = 0) SELECT count(*) FROM deleted`
    expect(describeStatement(sql)).toEqual({ operation: 'DELETE', collection: 'Post' })
  })

  it('takes the first table in the text when the main statement reads only CTEs', () => {
    const sql = `WITH matches AS (SELECT "id" FROM "User" JOIN "Post" ON true) SELECT * FROM matches`
    expect(describeStatement(sql)).toEqual({ operation: 'SELECT', collection: 'User' })
  })

  it('ignores verbs in comments, strings and names', () => {
    const sql = `-- DELETE FROM "User"\n/* UPDATE */ SELECT 'INSERT' FROM "RateLimit"`
    expect(describeStatement(sql)).toEqual({ operation: 'SELECT', collection: 'RateLimit' })
  })

  it('takes the first table of the data model and ignores similar names', () => {
    expect(
      describeStatement('SELECT * FROM "Users" JOIN "Post" ON true JOIN "User" ON true').collection,
    ).toBe('Post')
  })
})
