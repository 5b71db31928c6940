"""boto3: the paginator and the loop over LastEvaluatedKey, and what it makes of refusals."""

import sys
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)

OPTIONS = {
    "endpoint_url": f"{BASE_URL}/dynamodb",
    "region_name": "eu-central-1",
    "aws_access_key_id": "anything",
    "aws_secret_access_key": "anything",
}


def client(attempts=1):
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    return boto3.client("dynamodb", config=config, **OPTIONS)


class Pages(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()

    def refused(self, **parameters):
        with self.assertRaises(ClientError) as raised:
            client().scan(**{"TableName": "users", **parameters})
        return raised.exception.response

    def test_all_pages(self):
        pages = list(client().get_paginator("scan").paginate(TableName="users", PaginationConfig={"PageSize": 15}))
        self.assertEqual([page["Count"] for page in pages], [15, 15, 10])
        ids = [item["id"]["S"] for page in pages for item in page["Items"]]
        self.assertEqual(len(set(ids)), 40)

    def test_a_full_last_page_does_not_know_that_it_is_the_last(self):
        pages = list(client().get_paginator("scan").paginate(TableName="users", PaginationConfig={"PageSize": 20}))
        self.assertEqual([page["Count"] for page in pages], [20, 20, 0])

    def test_the_paginator_goes_on_from_its_own_token(self):
        scan = client().get_paginator("scan")
        first = scan.paginate(TableName="users", PaginationConfig={"PageSize": 10, "MaxItems": 25}).build_full_result()
        rest = scan.paginate(TableName="users", PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
        self.assertEqual((len(first["Items"]), len(rest["Items"])), (25, 15))

    def test_the_loop_of_a_resource(self):
        table = boto3.resource("dynamodb", **OPTIONS).Table("users")
        page = table.scan(Limit=7)
        items = page["Items"]
        while "LastEvaluatedKey" in page:
            page = table.scan(Limit=7, ExclusiveStartKey=page["LastEvaluatedKey"])
            items += page["Items"]
        self.assertEqual([item["id"] for item in items], [f"user_{number:03}" for number in range(1, 41)])

    def test_a_filter_counts_what_was_looked_at(self):
        table = boto3.resource("dynamodb", **OPTIONS).Table("users")
        # The one filter that the slice knows.
        filtered = {
            "FilterExpression": "stage = :stage",
            "ExpressionAttributeValues": {":stage": "customer"},
        }
        page = table.scan(Limit=2, **filtered)
        pages = [page]
        while "LastEvaluatedKey" in page:
            page = table.scan(Limit=2, ExclusiveStartKey=page["LastEvaluatedKey"], **filtered)
            pages.append(page)
        self.assertEqual(sum(page["ScannedCount"] for page in pages), 40)
        self.assertTrue(all(item["stage"] == "customer" for page in pages for item in page["Items"]))
        self.assertIn(0, [page["Count"] for page in pages[:-1]])

    def test_a_bad_start_key(self):
        for key in [{"other": {"S": "user_001"}}, {"id": {"N": "1"}}]:
            with self.subTest(key=key):
                response = self.refused(ExclusiveStartKey=key)
                self.assertEqual(response["Error"]["Code"], "ValidationException")
                self.assertIn("provided starting key is invalid", response["Error"]["Message"])

    def test_the_key_of_an_item_that_is_not_there_is_a_position(self):
        page = client().scan(TableName="users", ExclusiveStartKey={"id": {"S": "user_0385"}})
        self.assertEqual([item["id"]["S"] for item in page["Items"]], ["user_039", "user_040"])

    def test_a_table_that_is_not_there(self):
        dynamodb = client()
        with self.assertRaises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.scan(TableName="nothing")

    def test_a_bad_size(self):
        # boto3 checks sizes itself, unless it is told not to.
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        for limit, code in [(0, "ValidationException"), ("abc", "SerializationException")]:
            with self.subTest(limit=limit), self.assertRaises(ClientError) as raised:
                boto3.client("dynamodb", config=config, **OPTIONS).scan(TableName="users", Limit=limit)
            self.assertEqual(raised.exception.response["Error"]["Code"], code)

    def test_no_calls_left(self):
        ADMIN.freeze()
        ADMIN.left("aws", 0)
        response = self.refused()
        self.assertEqual(response["Error"]["Code"], "ThrottlingException")
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_boto3_tries_again(self):
        ADMIN.send("POST", "errors", {
            "status": 400, "after": 1, "headers": {"Content-Type": "application/x-amz-json-1.0"},
            "body": {"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded"},
        })
        pages = client(attempts=3).get_paginator("scan").paginate(TableName="users", PaginationConfig={"PageSize": 30})
        self.assertEqual(sum(page["Count"] for page in pages), 40)
        self.assertEqual([call["status"] for call in ADMIN.calls()], [200, 400, 200])


if __name__ == "__main__":
    unittest.main()
