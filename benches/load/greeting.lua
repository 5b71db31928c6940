-- The request that a templated stub answers.
dofile("report.lua")

wrk.method = "POST"
wrk.body = '{"language":"en"}'
wrk.headers["Content-Type"] = "application/json"
