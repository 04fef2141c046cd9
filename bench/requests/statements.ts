// The statements of the measured requests, as the service sends them.

const columns = `p."id", p."text", p."createdAt", p."editedAt", p."version",
  a."username" AS "author", r."username" AS "referenced"`
const joins = `JOIN "User" a ON a."id" = p."authorId" LEFT JOIN "User" r ON r."id" = p."referencedId"`

const micros = 'trunc(extract(epoch FROM "time") * 1000000)::bigint'
const millis = `lpad(to_hex(${micros} / 1000), 12, '0')`
const newId = `(substr(${millis}, 1, 8) || '-' || substr(${millis}, 9) || '-7' ||
  lpad(to_hex(${micros} % 1000 * 4096 / 1000), 3, '0') || substr(gen_random_uuid()::text, 19))::uuid`

export const statements = {
  findSession: `
    SELECT s."id" AS "sessionId", s."lastUsedAt", u."id" AS "userId", u."username", u."usernameKey"
    FROM "Session" s JOIN "User" u ON u."id" = s."userId"
    WHERE s."tokenHash" = $1 AND s."expiresAt" > $2`,

  findPost: `SELECT ${columns} FROM "Post" p ${joins} WHERE p."id" = $1::uuid AND a."usernameKey" = $2`,

  listPosts: `SELECT ${columns} FROM "Post" p ${joins} ORDER BY p."id" DESC LIMIT 21`,

  timeline: `
    WITH followee AS MATERIALIZED (SELECT "followeeId" AS "id" FROM "Follow" WHERE "followerId" = $1::uuid),
    near AS MATERIALIZED (
      SELECT "id" FROM (
        SELECT p."id", p."authorId" FROM "Post" p ORDER BY p."id" DESC LIMIT 5 * (SELECT count(*) + 1 FROM followee)
      ) recent
      WHERE "authorId" = $1::uuid OR "authorId" IN (SELECT "id" FROM followee) ORDER BY "id" DESC LIMIT 21
    ),
    author AS MATERIALIZED (
      SELECT author."id" FROM (SELECT $1::uuid AS "id" UNION ALL SELECT "id" FROM followee) author
      CROSS JOIN LATERAL (
        SELECT p."id" FROM "Post" p WHERE p."authorId" = author."id" ORDER BY p."id" DESC LIMIT 1
      ) p WHERE (SELECT count(*) FROM near) < 21 ORDER BY p."id" DESC LIMIT 21
    ),
    far AS MATERIALIZED (
      SELECT p."id" FROM author CROSS JOIN LATERAL (
        SELECT p."id" FROM "Post" p WHERE p."authorId" = author."id" ORDER BY p."id" DESC LIMIT 21
      ) p
    ),
    chosen AS (SELECT "id" FROM near UNION SELECT "id" FROM far ORDER BY "id" DESC LIMIT 21)
    SELECT ${columns} FROM chosen JOIN "Post" p ON p."id" = chosen."id" ${joins} ORDER BY p."id" DESC`,

  search: `
    WITH RECURSIVE chunk AS (
      SELECT 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid AS "start", false AS "isLate"
      UNION ALL
      SELECT (SELECT "id" FROM "Post" WHERE "id" < chunk."start" ORDER BY "id" DESC OFFSET 499 LIMIT 1),
        clock_timestamp() >= statement_timestamp() + 3 * interval '1 millisecond'
      FROM chunk WHERE "start" IS NOT NULL AND NOT "isLate"
    ),
    newest AS (
      SELECT row."id", row."matches" FROM chunk CROSS JOIN LATERAL (
        SELECT "id", true AS "matches" FROM (
          SELECT * FROM "Post" WHERE "id" < chunk."start" ORDER BY "id" DESC LIMIT 500
        ) recent WHERE "words" @@ $1::tsquery AND NOT "isLate"
        UNION ALL
        SELECT "start", false WHERE "isLate" AND "start" IS NOT NULL
      ) row LIMIT 21
    )
    SELECT newest."matches", ${columns} FROM newest JOIN "Post" p ON p."id" = newest."id" ${joins} ORDER BY p."id" DESC`,

  lookUp: `
    WITH rare AS MATERIALIZED (
      SELECT string_agg(word::text, ' & ')::tsquery AS "query" FROM unnest(ARRAY[$1::tsquery]) word
      WHERE 100 >= (
        SELECT count(*) FROM (
          SELECT FROM "Post" WHERE get_byte(sha256(uuid_send("id")), 0) = 0 AND "words" @@ word LIMIT 101
        ) sampled
      )
    ),
    candidate AS MATERIALIZED (
      SELECT "id", "words" @@ $1::tsquery AS "matches" FROM "Post" WHERE "words" @@ (SELECT "query" FROM rare) LIMIT 3001
    ),
    newest AS (SELECT "id" FROM candidate WHERE "matches" ORDER BY "id" DESC LIMIT 21)
    SELECT ${columns} FROM newest JOIN "Post" p ON p."id" = newest."id" ${joins} ORDER BY p."id" DESC`,

  createPost: `
    WITH author AS MATERIALIZED (
      SELECT "id", ("postWindowEnd" IS NULL OR "postWindowEnd" <= $3 OR "postsInWindow" < $5) AS "hasRoom"
      FROM "User" WHERE "id" = $1::uuid FOR NO KEY UPDATE
    ),
    clock AS MATERIALIZED (SELECT "id" AS "authorId", clock_timestamp() AS "time" FROM author WHERE "hasRoom"),
    fresh AS MATERIALIZED (SELECT "authorId", ${newId} AS "id" FROM clock),
    counted AS (
      UPDATE "User" SET "postCount" = "postCount" + 1,
        "postsInWindow" = CASE WHEN "postWindowEnd" > $3 THEN "postsInWindow" + 1 ELSE 1 END,
        "postWindowEnd" = CASE WHEN "postWindowEnd" > $3 THEN "postWindowEnd" ELSE $6 END
      FROM fresh WHERE "User"."id" = fresh."authorId"
      RETURNING fresh."id", fresh."authorId", "postsInWindow" AS "used", "postWindowEnd" AS "windowEnd"
    )
    INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
    SELECT "id", "authorId", $2, $3, array_to_tsvector($4)
    FROM counted
    RETURNING "id", (SELECT "used" FROM counted), (SELECT "windowEnd" FROM counted)`,
}
