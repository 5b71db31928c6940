-- The order that mappings/order.json expects; its members stand in another order there.
dofile("report.lua")

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"customer":"ada","currency":"EUR",' ..
  '"lines":[{"sku":"mug","pieces":2},{"sku":"lamp","pieces":1}]}'
