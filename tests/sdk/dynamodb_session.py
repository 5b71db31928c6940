"""boto3 and the pack dynamodb: pages, conditions, batches and transactions, and boto3's own retries."""

import sys
import unittest
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)

OPTIONS = {
    "endpoint_url": f"{BASE_URL}/dynamodb",
    "region_name": "us-east-1",
    "aws_access_key_id": "anything",
    "aws_secret_access_key": "anything",
}
THROTTLED = {"cause": "ProvisionedThroughputExceededException"}
IDS = [f"item_{number:03}" for number in range(1, 41)]


def config(attempts):
    """Each call is tried so many times."""
    return Config(retries={"total_max_attempts": attempts, "mode": "standard"})


def client(attempts=1):
    return boto3.client("dynamodb", config=config(attempts), **OPTIONS)


def table(name="items", attempts=1):
    return boto3.resource("dynamodb", config=config(attempts), **OPTIONS).Table(name)


def fault(mode, tool, settings=None, **rule):
    """What goes wrong with a tool."""
    ADMIN.send("POST", "faults", {"mode": mode, "tools": [tool], "with": settings or {}, **rule})


def statuses():
    return [call["status"] for call in ADMIN.calls()]


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        ADMIN.freeze()
        self.dynamodb = client()
        self.items = table()

    def refused(self, code, operation, **parameters):
        with self.assertRaises(ClientError) as raised:
            operation(**parameters)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        return raised.exception.response


class Pages(Session):
    def scan(self, **parameters):
        """All pages of a scan, by the loop over LastEvaluatedKey."""
        pages = [self.items.scan(**parameters)]
        while key := pages[-1].get("LastEvaluatedKey"):
            pages.append(self.items.scan(ExclusiveStartKey=key, **parameters))
        return pages

    def test_all_pages(self):
        pages = list(self.dynamodb.get_paginator("scan").paginate(
            TableName="items", PaginationConfig={"PageSize": 15}))
        self.assertEqual([page["Count"] for page in pages], [15, 15, 10])
        self.assertEqual([item["id"]["S"] for page in pages for item in page["Items"]], IDS)

    def test_a_full_last_page_does_not_know_that_it_is_the_last(self):
        self.assertEqual([page["Count"] for page in self.scan(Limit=20)], [20, 20, 0])

    def test_the_paginator_goes_on_from_its_own_token(self):
        scan = self.dynamodb.get_paginator("scan")
        first = scan.paginate(TableName="items", PaginationConfig={"PageSize": 10, "MaxItems": 25}).build_full_result()
        rest = scan.paginate(TableName="items", PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
        self.assertEqual((len(first["Items"]), len(rest["Items"])), (25, 15))

    def test_a_filter_counts_what_was_looked_at(self):
        pages = self.scan(Limit=2, FilterExpression=Attr("category").eq("home") & Attr("stock").gt(5))
        self.assertEqual(sum(page["ScannedCount"] for page in pages), 40)
        found = [item for page in pages for item in page["Items"]]
        self.assertTrue(found)
        self.assertTrue(all(item["category"] == "home" and item["stock"] > 5 for item in found))
        self.assertIn(0, [page["Count"] for page in pages[:-1]])

    def test_segments_are_the_whole(self):
        found = []
        for segment in range(4):
            pages = self.scan(Segment=segment, TotalSegments=4, Limit=3)
            ids = [item["id"] for page in pages for item in page["Items"]]
            self.assertTrue(ids, segment)
            found += ids
        self.assertEqual(sorted(found), IDS)

    def test_a_count_and_a_projection(self):
        counted = self.items.scan(Select="COUNT")
        self.assertNotIn("Items", counted)
        self.assertEqual((counted["Count"], counted["ScannedCount"]), (40, 40))
        page = self.items.scan(Limit=1, ProjectionExpression="#n, dimensions.width", ExpressionAttributeNames={"#n": "name"})
        self.assertEqual(set(page["Items"][0]), {"name", "dimensions"})
        self.assertEqual(set(page["Items"][0]["dimensions"]), {"width"})

    def test_a_bad_start_key(self):
        for key in [{"other": {"S": "item_001"}}, {"id": {"N": "1"}}]:
            response = self.refused("ValidationException", self.dynamodb.scan, TableName="items", ExclusiveStartKey=key)
            self.assertIn("provided starting key is invalid", response["Error"]["Message"])

    def test_the_key_of_an_item_that_is_gone_is_a_position(self):
        page = self.items.scan(Limit=38)
        self.items.delete_item(Key=page["LastEvaluatedKey"])
        rest = self.items.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
        self.assertEqual([item["id"] for item in rest["Items"]], IDS[38:])

    def test_all_tables(self):
        pages = self.dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
        self.assertEqual([page["TableNames"] for page in pages], [["items", "orders"], ["readings"]])
        self.assertEqual(self.items.item_count, 40)
        self.assertEqual(self.items.key_schema, [{"AttributeName": "id", "KeyType": "HASH"}])


class Queries(Session):
    def setUp(self):
        super().setUp()
        self.orders = table("orders")
        self.readings = table("readings")

    def numbers(self, condition, **parameters):
        page = self.orders.query(KeyConditionExpression=condition, **parameters)
        return [int(item["number"]) for item in page["Items"]]

    def test_numbers_are_ordered_as_numbers(self):
        ada = Key("customer").eq("ada")
        self.assertEqual(self.numbers(ada), list(range(1, 13)))
        self.assertEqual(self.numbers(ada, ScanIndexForward=False), list(range(12, 0, -1)))
        self.assertEqual(self.numbers(ada & Key("number").between(9, 11)), [9, 10, 11])
        self.assertEqual(self.numbers(ada & Key("number").gte(11)), [11, 12])
        self.assertEqual(self.numbers(Key("customer").eq("nobody")), [])

    def test_pages_in_both_directions(self):
        for forward, wanted in [(True, list(range(1, 13))), (False, list(range(12, 0, -1)))]:
            pages = self.dynamodb.get_paginator("query").paginate(
                TableName="orders", KeyConditionExpression="customer = :c",
                ExpressionAttributeValues={":c": {"S": "bob"}}, ScanIndexForward=forward,
                PaginationConfig={"PageSize": 5})
            pages = list(pages)
            self.assertEqual([page["Count"] for page in pages], [5, 5, 2])
            self.assertEqual([int(item["number"]["N"]) for page in pages for item in page["Items"]], wanted)
        self.assertNotIn("LastEvaluatedKey", pages[-1])
        self.assertEqual(pages[0]["LastEvaluatedKey"], {"customer": {"S": "bob"}, "number": {"N": "8"}})

    def test_the_beginning_of_a_sort_key(self):
        page = self.readings.query(KeyConditionExpression=Key("sensor").eq("pump") & Key("at").begins_with("2025-12-1"))
        self.assertEqual([item["at"][8:10] for item in page["Items"]], ["10", "11", "12", "13", "14", "15"])

    def test_a_filter_and_a_count(self):
        condition = Key("customer").eq("ada")
        page = self.orders.query(KeyConditionExpression=condition, FilterExpression=Attr("status").eq("paid"))
        self.assertEqual((page["Count"], page["ScannedCount"]), (4, 12))
        counted = self.orders.query(KeyConditionExpression=condition, Select="COUNT", Limit=5)
        self.assertEqual((counted["Count"], "Items" in counted, "LastEvaluatedKey" in counted), (5, False, True))

    def test_conditions_that_are_none(self):
        for condition, values, message in [
            ("#n = :n", {":n": {"N": "1"}}, "Query condition missed key schema element: customer"),
            ("customer > :n", {":n": {"S": "a"}}, "Query key condition not supported"),
            ("customer = :n AND #s = :n", {":n": {"S": "a"}}, "Query condition missed key schema element: status"),
        ]:
            names = {"#n": "number"} if "#n" in condition else {"#s": "status"} if "#s" in condition else None
            parameters = {"ExpressionAttributeNames": names} if names else {}
            response = self.refused(
                "ValidationException", self.dynamodb.query, TableName="orders", KeyConditionExpression=condition,
                ExpressionAttributeValues=values, **parameters)
            self.assertEqual(response["Error"]["Message"], message)


class Items(Session):
    NEW = {"id": "new", "count": Decimal("1"), "tags": {"a", "b"}, "deep": {"marks": [Decimal("1.50"), None, True, b"\x00"]}}

    def test_any_attribute_is_stored(self):
        self.items.put_item(Item=self.NEW)
        stored = self.items.get_item(Key={"id": "new"})["Item"]
        self.assertEqual(stored, self.NEW)
        raw = self.dynamodb.get_item(TableName="items", Key={"id": {"S": "new"}})["Item"]
        self.assertEqual(raw["deep"]["M"]["marks"]["L"][0], {"N": "1.5"})
        self.assertNotIn("Item", self.items.get_item(Key={"id": "nobody"}))
        picked = self.items.get_item(Key={"id": "new"}, ProjectionExpression="id, deep.marks[0]")["Item"]
        self.assertEqual(picked, {"id": "new", "deep": {"marks": [Decimal("1.5")]}})

    def test_what_was_there_is_told(self):
        self.assertNotIn("Attributes", self.items.put_item(Item=self.NEW, ReturnValues="ALL_OLD"))
        replaced = self.items.put_item(Item={"id": "new", "count": 2}, ReturnValues="ALL_OLD")
        self.assertEqual(replaced["Attributes"], self.NEW)
        dropped = self.items.delete_item(Key={"id": "new"}, ReturnValues="ALL_OLD")
        self.assertEqual(dropped["Attributes"], {"id": "new", "count": Decimal("2")})
        self.assertNotIn("Attributes", self.items.delete_item(Key={"id": "new"}, ReturnValues="ALL_OLD"))

    def test_an_item_is_put_only_where_there_is_none(self):
        self.items.put_item(Item=self.NEW, ConditionExpression="attribute_not_exists(id)")
        with self.assertRaises(self.dynamodb.exceptions.ConditionalCheckFailedException) as raised:
            self.dynamodb.put_item(
                TableName="items", Item={"id": {"S": "new"}}, ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD")
        response = raised.exception.response
        self.assertEqual(response["Error"]["Message"], "The conditional request failed")
        self.assertEqual(response["Item"]["count"], {"N": "1"})

    def test_updates(self):
        self.items.put_item(Item=self.NEW)
        told = self.items.update_item(
            Key={"id": "new"}, ReturnValues="UPDATED_NEW",
            UpdateExpression="SET #c = #c + :n, deep.extra = if_not_exists(deep.extra, :t), "
                             "deep.marks = list_append(deep.marks, :l) ADD tags :s",
            ExpressionAttributeNames={"#c": "count"},
            ExpressionAttributeValues={":n": Decimal("0.5"), ":t": "text", ":l": ["end"], ":s": {"c"}})
        self.assertEqual(told["Attributes"]["count"], Decimal("1.5"))
        self.assertEqual(told["Attributes"]["tags"], {"a", "b", "c"})
        self.assertEqual(told["Attributes"]["deep"]["extra"], "text")
        self.assertNotIn("id", told["Attributes"])
        new = self.items.update_item(
            Key={"id": "new"}, ReturnValues="ALL_NEW", UpdateExpression="REMOVE deep, #c DELETE tags :s",
            ExpressionAttributeNames={"#c": "count"}, ExpressionAttributeValues={":s": {"a", "b"}})
        self.assertEqual(new["Attributes"], {"id": "new", "tags": {"c"}})

    def test_an_update_makes_an_item(self):
        self.items.update_item(Key={"id": "made"}, UpdateExpression="ADD visits :one", ExpressionAttributeValues={":one": 1})
        self.assertEqual(self.items.get_item(Key={"id": "made"})["Item"], {"id": "made", "visits": 1})

    def test_of_two_who_count_one_is_told_to_look_again(self):
        stock = self.items.get_item(Key={"id": "item_001"})["Item"]["stock"]
        take = {
            "Key": {"id": "item_001"}, "UpdateExpression": "SET stock = stock - :one",
            "ConditionExpression": Attr("stock").eq(stock), "ExpressionAttributeValues": {":one": 1},
        }
        self.items.update_item(**take)
        self.refused("ConditionalCheckFailedException", self.items.update_item, **take)
        self.assertEqual(self.items.get_item(Key={"id": "item_001"})["Item"]["stock"], stock - 1)

    def test_what_is_wrong_with_a_request(self):
        another = {"UpdateExpression": "SET id = :a", "ExpressionAttributeValues": {":a": {"S": "b"}}}
        for operation, parameters, message in [
            ("get_item", {"Key": {"id": {"N": "1"}}}, "The provided key element does not match the schema"),
            ("put_item", {"Item": {"name": {"S": "x"}}}, "Missing the key id in the item"),
            ("put_item", {"Item": {"id": {"N": "1"}}}, "Type mismatch for key id expected: S actual: N"),
            ("update_item", {"Key": {"id": {"S": "a"}}, **another}, "This attribute is part of the key"),
        ]:
            with self.subTest(message):
                call = getattr(self.dynamodb, operation)
                response = self.refused("ValidationException", call, TableName="items", **parameters)
                self.assertIn(message, response["Error"]["Message"])
        with self.assertRaises(self.dynamodb.exceptions.ResourceNotFoundException):
            self.dynamodb.scan(TableName="nothing")

    def test_a_bad_size(self):
        # boto3 checks sizes itself, unless it is told not to.
        unchecked = boto3.client("dynamodb", config=config(1).merge(Config(parameter_validation=False)), **OPTIONS)
        for limit, code in [(0, "ValidationException"), ("abc", "SerializationException")]:
            self.refused(code, unchecked.scan, TableName="items", Limit=limit)

    def test_a_table_is_made_and_dropped(self):
        made = boto3.resource("dynamodb", **OPTIONS).create_table(
            TableName="made", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
        made.wait_until_exists()
        made.put_item(Item={"k": 1})
        self.refused("ValidationException", made.put_item, Item={"k": "one"})
        self.assertEqual(made.scan()["Items"], [{"k": Decimal("1")}])
        made.delete()
        made.wait_until_not_exists()


class Batches(Session):
    def test_a_batch_fails_in_half_and_is_finished(self):
        requests = [{"PutRequest": {"Item": {"id": {"S": f"batch_{number:02}"}}}} for number in range(25)]
        fault("wrong_status", "BatchWriteItem", THROTTLED,
              surface="items", when={"every": 2}, times=12)
        left = self.dynamodb.batch_write_item(RequestItems={"items": requests})["UnprocessedItems"]
        self.assertEqual(len(left["items"]), 12)
        self.assertTrue(all(request in requests for request in left["items"]))
        self.assertEqual(self.items.scan(Select="COUNT")["Count"], 53)
        self.assertEqual(self.dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"], {})
        self.assertEqual(self.items.scan(Select="COUNT")["Count"], 65)

    def test_the_batch_writer_finishes_by_itself(self):
        fault("wrong_status", "BatchWriteItem", THROTTLED,
              surface="items", when={"probability": 0.3})
        with self.items.batch_writer() as batch:
            for number in range(60):
                batch.put_item(Item={"id": f"batch_{number}"})
            batch.delete_item(Key={"id": "item_001"})
        self.assertEqual(self.items.scan(Select="COUNT")["Count"], 99)

    def test_nothing_done_is_a_throttle(self):
        fault("wrong_status", "BatchWriteItem", THROTTLED, surface="items", id="none")
        request = {"items": [{"DeleteRequest": {"Key": {"id": {"S": "item_001"}}}}]}
        self.refused("ProvisionedThroughputExceededException", self.dynamodb.batch_write_item, RequestItems=request)
        ADMIN.send("DELETE", "faults/none")
        self.assertEqual(self.dynamodb.batch_write_item(RequestItems=request)["UnprocessedItems"], {})
        self.assertNotIn("Item", self.items.get_item(Key={"id": "item_001"}))

    def test_a_batch_that_is_none(self):
        put = {"PutRequest": {"Item": {"id": {"S": "same"}}}}
        many = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(26)]
        for requests, message in [
            ([put, put], "Provided list of item keys contains duplicates"),
            (many, "less than or equal to 25"),
            ([{"PutRequest": {"Item": {"name": {"S": "x"}}}}], "The provided key element does not match the schema"),
        ]:
            response = self.refused("ValidationException", self.dynamodb.batch_write_item, RequestItems={"items": requests})
            self.assertIn(message, response["Error"]["Message"])
        self.refused("ResourceNotFoundException", self.dynamodb.batch_write_item, RequestItems={"nothing": [put]})
        self.assertEqual(self.items.scan(Select="COUNT")["Count"], 40)

    def test_many_items_of_two_tables(self):
        wanted = {
            "items": {
                "Keys": [{"id": {"S": key}} for key in ["item_003", "item_001", "nobody"]],
                "ProjectionExpression": "id",
            },
            "orders": {"Keys": [{"customer": {"S": "ada"}, "number": {"N": "7"}}]},
        }
        found = self.dynamodb.batch_get_item(RequestItems=wanted)
        self.assertEqual(sorted(item["id"]["S"] for item in found["Responses"]["items"]), ["item_001", "item_003"])
        self.assertEqual([item["number"]["N"] for item in found["Responses"]["orders"]], ["7"])
        self.assertEqual(found["UnprocessedKeys"], {})

    def test_keys_that_are_left_are_asked_for_again(self):
        fault("wrong_status", "BatchGetItem", THROTTLED,
              surface="items", when={"every": 3}, times=3)
        left = {"items": {"Keys": [{"id": {"S": key}} for key in IDS[:10]], "ProjectionExpression": "id"}}
        found = []
        rounds = 0
        while left:
            reply = self.dynamodb.batch_get_item(RequestItems=left)
            found += [item["id"]["S"] for item in reply["Responses"].get("items", [])]
            left = reply["UnprocessedKeys"]
            rounds += 1
        self.assertEqual((sorted(found), rounds), (IDS[:10], 2))


class Transactions(Session):
    def transact(self, *items, attempts=1, **parameters):
        return client(attempts).transact_write_items(TransactItems=list(items), **parameters)

    @staticmethod
    def put(key, **more):
        return {"Put": {"TableName": "items", "Item": {"id": {"S": key}}, **more}}

    TAKE = {"Update": {
        "TableName": "items", "Key": {"id": {"S": "item_002"}}, "UpdateExpression": "SET stock = stock - :one",
        "ConditionExpression": "stock >= :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}
    CHECK = {"ConditionCheck": {
        "TableName": "orders", "Key": {"customer": {"S": "ada"}, "number": {"N": "1"}},
        "ConditionExpression": "attribute_exists(customer)"}}
    DROP = {"Delete": {"TableName": "items", "Key": {"id": {"S": "item_003"}}}}

    def stock(self):
        return self.items.get_item(Key={"id": "item_002"})["Item"]["stock"]

    def test_all_of_it_happens(self):
        before = self.stock()
        self.assertEqual(set(self.transact(self.put("new"), self.TAKE, self.CHECK, self.DROP)), {"ResponseMetadata"})
        self.assertEqual(self.stock(), before - 1)
        self.assertIn("Item", self.items.get_item(Key={"id": "new"}))
        self.assertNotIn("Item", self.items.get_item(Key={"id": "item_003"}))

    def test_or_nothing_and_the_reasons_are_in_their_order(self):
        before = self.stock()
        taken = self.put(
            "item_001", ConditionExpression="attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure="ALL_OLD")
        with self.assertRaises(self.dynamodb.exceptions.TransactionCanceledException) as raised:
            self.transact(self.TAKE, taken, self.DROP)
        response = raised.exception.response
        self.assertEqual(
            response["Error"]["Message"],
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            "[None, ConditionalCheckFailed, None]")
        reasons = response["CancellationReasons"]
        self.assertEqual([reason["Code"] for reason in reasons], ["None", "ConditionalCheckFailed", "None"])
        self.assertEqual(reasons[1]["Message"], "The conditional request failed")
        self.assertEqual(reasons[1]["Item"]["id"], {"S": "item_001"})
        self.assertEqual(self.stock(), before)
        self.assertIn("Item", self.items.get_item(Key={"id": "item_003"}))

    def test_a_transaction_that_is_sent_again_happens_once(self):
        before = self.stock()
        for _ in range(2):
            self.transact(self.TAKE, ClientRequestToken="the-token")
        self.assertEqual(self.stock(), before - 1)
        with self.assertRaises(self.dynamodb.exceptions.IdempotentParameterMismatchException):
            self.transact(self.DROP, ClientRequestToken="the-token")
        ADMIN.send("POST", "clock/advance", {"by": "PT10M1S"})
        self.transact(self.TAKE, ClientRequestToken="the-token")
        self.assertEqual(self.stock(), before - 2)

    def test_a_lost_reply_of_a_transaction(self):
        before = self.stock()
        fault("lost_reply", "TransactWriteItems", times=1)
        self.transact(self.TAKE, attempts=3)
        self.assertEqual(self.stock(), before - 1)

    def test_a_transaction_that_is_none(self):
        with self.assertRaises(ClientError) as raised:
            self.transact(self.TAKE, {"Delete": {"TableName": "items", "Key": {"id": {"S": "item_002"}}}})
        self.assertEqual(
            raised.exception.response["Error"]["Message"],
            "Transaction request cannot include multiple operations on one item")
        with self.assertRaises(self.dynamodb.exceptions.ResourceNotFoundException):
            self.transact({"Delete": {"TableName": "nothing", "Key": {"id": {"S": "a"}}}})

    def test_items_at_one_moment(self):
        reply = self.dynamodb.transact_get_items(TransactItems=[
            {"Get": {"TableName": "items", "Key": {"id": {"S": "item_001"}}, "ProjectionExpression": "id"}},
            {"Get": {"TableName": "items", "Key": {"id": {"S": "nobody"}}}},
        ])
        self.assertEqual(reply["Responses"], [{"Item": {"id": {"S": "item_001"}}}, {}])


class Trouble(Session):
    def test_no_calls_left(self):
        ADMIN.left("dynamodb.aws", 0)
        response = self.refused("ThrottlingException", self.items.scan)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_boto3_tries_again(self):
        for cause in ["ProvisionedThroughputExceededException", "ThrottlingException"]:
            fault("wrong_status", "Scan", {"cause": cause}, times=1)
            self.assertEqual(table(attempts=3).scan()["Count"], 40)
            self.assertEqual(statuses()[-2:], [400, 200])
        ADMIN.send("POST", "errors", {"status": 500})
        self.assertEqual(table(attempts=3).scan()["Count"], 40)
        self.assertEqual(statuses()[-2:], [500, 200])

    def test_a_condition_makes_a_put_safe_to_send_again(self):
        """The reply is lost: whoever sends it again learns from the condition that it was done."""
        put = {"Item": {"id": "once", "by": "me"}, "ConditionExpression": "attribute_not_exists(id)"}
        fault("lost_reply", "PutItem", times=1)
        with self.assertRaises((ConnectionError, HTTPClientError)):
            self.items.put_item(**put)
        self.refused("ConditionalCheckFailedException", self.items.put_item, **put)
        self.assertEqual(self.items.get_item(Key={"id": "once"})["Item"]["by"], "me")

    def test_a_counter_without_one_counts_twice(self):
        fault("lost_reply", "UpdateItem", times=1)
        table(attempts=2).update_item(
            Key={"id": "visits"}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1})
        self.assertEqual(self.items.get_item(Key={"id": "visits"})["Item"]["n"], 2)


if __name__ == "__main__":
    unittest.main()
