"""boto3 and the pack sqs: a consumer's whole day, its own retries included."""

import hashlib
import json
import sys
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)


def client(attempts=1):
    """A client that tries each call so many times."""
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    return boto3.client(
        "sqs",
        endpoint_url=f"{BASE_URL}/sqs",
        region_name="us-east-1",
        aws_access_key_id="anything",
        aws_secret_access_key="anything",
        config=config,
    )


def advance(seconds):
    ADMIN.send("POST", "clock/advance", {"by": f"PT{seconds}S"})


def fault(mode, tool, settings=None, **rule):
    """What goes wrong with a tool."""
    ADMIN.send("POST", "faults", {"mode": mode, "tools": [tool], "with": settings or {}, **rule})


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        ADMIN.freeze()
        self.sqs = client()

    def queue(self, name="work", **attributes):
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def bodies(self, url, **parameters):
        reply = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **parameters)
        return [message["Body"] for message in reply.get("Messages", [])]

    def counts(self, url):
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        kinds = ["", "NotVisible", "Delayed"]
        return tuple(int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)

    def refused(self, operation, **parameters):
        with self.assertRaises(ClientError) as raised:
            operation(**parameters)
        return raised.exception.response["Error"]


class Queues(Session):
    def test_the_url_leads_back_to_this_server(self):
        url = self.queue()
        self.assertEqual(url, f"{BASE_URL}/sqs/000000000000/work")
        self.assertEqual(self.sqs.get_queue_url(QueueName="work")["QueueUrl"], url)

    def test_all_pages_of_queues(self):
        for number in range(7):
            self.queue(f"page-{number}")
        pages = list(self.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix="page-", PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(page.get("QueueUrls", [])) for page in pages], [3, 3, 1])
        names = [url.rsplit("/", 1)[1] for page in pages for url in page["QueueUrls"]]
        self.assertEqual(names, [f"page-{number}" for number in range(7)])

    def test_a_queue_is_made_once(self):
        self.assertEqual(self.queue(VisibilityTimeout="5"), self.queue(VisibilityTimeout="5"))
        with self.assertRaises(self.sqs.exceptions.QueueNameExists) as raised:
            self.queue(VisibilityTimeout="6")
        self.assertEqual(raised.exception.response["Error"]["Code"], "QueueAlreadyExists")

    def test_attributes_are_kept(self):
        url = self.queue(DelaySeconds="7")
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "12"})
        names = ["DelaySeconds", "VisibilityTimeout", "QueueArn"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        self.assertEqual(attributes, {
            "DelaySeconds": "7", "VisibilityTimeout": "12", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:work"})

    def test_a_queue_that_is_not_there(self):
        url = self.queue()
        self.sqs.delete_queue(QueueUrl=url)
        for call in [self.sqs.receive_message, self.sqs.get_queue_attributes, self.sqs.purge_queue]:
            with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist) as raised:
                call(QueueUrl=url)
            error = raised.exception.response["Error"]
            self.assertEqual(error["Code"], "AWS.SimpleQueueService.NonExistentQueue")
        with self.assertRaises(self.sqs.exceptions.QueueDeletedRecently):
            self.queue()
        advance(61)
        self.assertEqual(self.queue(), url)

    def test_purged_once_a_minute(self):
        url = self.sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.counts(url), (0, 0, 0))
        with self.assertRaises(self.sqs.exceptions.PurgeQueueInProgress):
            self.sqs.purge_queue(QueueUrl=url)
        advance(60)
        self.sqs.purge_queue(QueueUrl=url)

    def test_tags(self):
        url = self.queue()
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "a", "cost": "b"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["cost"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "a"})


class Messages(Session):
    def test_the_seeded_queue_is_worked_off(self):
        url = self.sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        self.assertEqual(self.counts(url), (40, 0, 0))
        seen = set()
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            seen.update(message["MessageId"] for message in messages)
            entries = [{"Id": str(at), "ReceiptHandle": m["ReceiptHandle"]} for at, m in enumerate(messages)]
            reply = self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
            self.assertEqual(len(reply["Successful"]), len(entries))
            self.assertNotIn("Failed", reply)
        self.assertEqual(len(seen), 40)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_what_is_sent_is_received(self):
        url = self.queue()
        body = "Grüße, 世界"
        own = {
            "kind": {"DataType": "String", "StringValue": "greeting"},
            "kind.of": {"DataType": "Number", "StringValue": "3"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        }
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=own)
        self.assertEqual(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest())
        plain = self.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]
        self.assertEqual((plain["Body"], plain["MessageId"]), (body, sent["MessageId"]))
        self.assertEqual(plain["MD5OfBody"], sent["MD5OfMessageBody"])
        self.assertNotIn("Attributes", plain)
        self.assertNotIn("MessageAttributes", plain)
        for names, wanted in [(["All"], set(own)), (["kind"], {"kind"}), (["kind.*"], {"kind", "kind.of"})]:
            message = self.sqs.receive_message(
                QueueUrl=url, VisibilityTimeout=0, MessageAttributeNames=names,
                MessageSystemAttributeNames=["All"])["Messages"][0]
            self.assertEqual(set(message["MessageAttributes"]), wanted)
        self.assertEqual(message["MessageAttributes"]["kind"], own["kind"])
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "4")
        self.assertNotIn("SequenceNumber", message["Attributes"])

    def test_what_is_not_deleted_comes_again(self):
        url = self.queue(VisibilityTimeout="30")
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        first = self.sqs.receive_message(QueueUrl=url)["Messages"][0]
        self.assertEqual(self.counts(url), (0, 1, 0))
        advance(29)
        self.assertEqual(self.bodies(url), [])
        advance(1)
        again = self.sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
        self.assertEqual(again["MessageId"], first["MessageId"])
        self.assertEqual(again["Attributes"], {"ApproximateReceiveCount": "2"})
        self.assertNotEqual(again["ReceiptHandle"], first["ReceiptHandle"])
        # The old handle deletes nothing, and is no error.
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        self.assertEqual(self.counts(url), (0, 1, 0))
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_a_worker_that_needs_longer_says_so(self):
        url = self.queue(VisibilityTimeout="10")
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        handle = self.sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        advance(9)
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=20)
        advance(19)
        self.assertEqual(self.bodies(url), [])
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        self.assertEqual(self.bodies(url), ["a"])

    def test_a_delayed_message(self):
        url = self.queue(DelaySeconds="5")
        self.sqs.send_message(QueueUrl=url, MessageBody="later")
        self.sqs.send_message(QueueUrl=url, MessageBody="now", DelaySeconds=0)
        self.assertEqual(self.counts(url), (1, 0, 1))
        self.assertEqual(self.bodies(url), ["now"])
        advance(5)
        self.assertEqual(self.bodies(url), ["later"])

    def test_after_its_retention_period_a_message_is_gone(self):
        url = self.queue(MessageRetentionPeriod="60")
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        advance(59)
        self.assertEqual(self.counts(url), (1, 0, 0))
        advance(1)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_long_polling_is_answered_at_once(self):
        began = time.monotonic()
        self.assertEqual(self.bodies(self.queue(), WaitTimeSeconds=20), [])
        self.assertLess(time.monotonic() - began, 10)

    def test_who_fails_too_often_goes_to_the_dead_letter_queue(self):
        url = self.sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        dead = self.sqs.get_queue_url(QueueName="orders-dead")["QueueUrl"]
        sources = self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
        self.assertEqual(sources, [url])
        for _ in range(3):
            self.assertEqual(len(self.bodies(url)), 10)
            advance(30)
        # The same ten were received three times: the next receipt moves them, and gives the following.
        self.assertEqual(len(self.bodies(url)), 10)
        self.assertEqual((self.counts(url), self.counts(dead)), ((20, 10, 0), (10, 0, 0)))
        message = self.sqs.receive_message(QueueUrl=dead, MessageSystemAttributeNames=["All"])["Messages"][0]
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "4")
        self.assertEqual(
            message["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:orders")

    def test_a_redrive_policy_of_ones_own(self):
        dead = self.queue("work-dead")
        arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        url = self.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}))
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        self.assertEqual(self.bodies(url, VisibilityTimeout=0), ["a"])
        self.assertEqual((self.bodies(url), self.bodies(dead)), ([], ["a"]))
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [])

    def test_handles(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        handle = self.sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        with self.assertRaises(self.sqs.exceptions.ReceiptHandleIsInvalid):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle="garbage")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        error = self.refused(
            self.sqs.change_message_visibility, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)
        self.assertEqual(error["Code"], "InvalidParameterValue")
        self.assertIn("Message does not exist", error["Message"])


class Fifo(Session):
    def send(self, url, body, group="g", **parameters):
        return self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **parameters)

    def test_a_group_waits_for_its_first(self):
        url = self.queue("work.fifo", ContentBasedDeduplication="true", VisibilityTimeout="30")
        for body, group in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]:
            self.send(url, body, group)
        first = self.sqs.receive_message(QueueUrl=url)["Messages"][0]
        self.assertEqual(first["Body"], "a1")
        self.assertEqual(self.bodies(url), ["b1"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        self.assertEqual(self.bodies(url), ["a2", "a3"])
        advance(30)
        self.assertEqual(self.bodies(url), ["a2", "b1", "a3"])

    def test_only_what_is_behind_waits(self):
        url = self.queue("work.fifo", ContentBasedDeduplication="true", VisibilityTimeout="10")
        for body in ["one", "two", "three"]:
            self.send(url, body)
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3)["Messages"]
        self.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=messages[1]["ReceiptHandle"], VisibilityTimeout=60)
        advance(10)
        self.assertEqual(self.bodies(url), ["one"])

    def test_the_same_message_is_taken_once_in_five_minutes(self):
        url = self.queue("work.fifo", ContentBasedDeduplication="true")
        first = self.send(url, "a")
        again = self.send(url, "a")
        self.assertEqual(again["MessageId"], first["MessageId"])
        self.assertEqual(again["SequenceNumber"], first["SequenceNumber"])
        other = self.send(url, "a", MessageDeduplicationId="another")
        self.assertGreater(int(other["SequenceNumber"]), int(first["SequenceNumber"]))
        self.assertEqual(self.counts(url), (2, 0, 0))
        advance(299)
        self.send(url, "a")
        self.assertEqual(self.counts(url), (2, 0, 0))
        advance(1)
        self.send(url, "a")
        self.assertEqual(self.counts(url), (3, 0, 0))

    def test_a_handle_ends_with_its_timeout(self):
        url = self.queue("work.fifo", ContentBasedDeduplication="true", VisibilityTimeout="5")
        self.send(url, "a")
        handle = self.sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        advance(5)
        error = self.refused(self.sqs.delete_message, QueueUrl=url, ReceiptHandle=handle)
        self.assertEqual(error["Code"], "InvalidParameterValue")
        self.assertIn("The receipt handle has expired.", error["Message"])

    def test_what_a_message_of_a_fifo_queue_needs(self):
        url = self.queue("work.fifo")
        error = self.refused(self.sqs.send_message, QueueUrl=url, MessageBody="a")
        self.assertEqual(error["Code"], "MissingParameter")
        error = self.refused(self.sqs.send_message, QueueUrl=url, MessageBody="a", MessageGroupId="g")
        self.assertIn("ContentBasedDeduplication", error["Message"])


class Batches(Session):
    ENTRIES = [{"Id": f"entry-{number}", "MessageBody": f"body {number}"} for number in range(10)]

    def test_a_batch_fails_in_half_and_is_finished(self):
        url = self.queue()
        fault("wrong_status", "SendMessageBatch", {"cause": "RequestThrottled"}, surface="items", when={"every": 2}, times=5)
        reply = self.sqs.send_message_batch(QueueUrl=url, Entries=self.ENTRIES)
        self.assertEqual((len(reply["Successful"]), len(reply["Failed"])), (5, 5))
        self.assertTrue(all(not failed["SenderFault"] for failed in reply["Failed"]))
        ids = {failed["Id"] for failed in reply["Failed"]}
        rest = self.sqs.send_message_batch(QueueUrl=url, Entries=[e for e in self.ENTRIES if e["Id"] in ids])
        self.assertNotIn("Failed", rest)
        self.assertEqual(sorted(self.bodies(url)), [entry["MessageBody"] for entry in self.ENTRIES])

    def test_each_entry_fails_by_itself(self):
        url = self.queue(MaximumMessageSize="1024")
        entries = [{"Id": "small", "MessageBody": "x"}, {"Id": "large", "MessageBody": "x" * 1025}]
        reply = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([done["Id"] for done in reply["Successful"]], ["small"])
        failed = reply["Failed"][0]
        self.assertEqual(
            (failed["Id"], failed["Code"], failed["SenderFault"]), ("large", "InvalidParameterValue", True))

    def test_batches_that_are_none(self):
        url = self.queue()
        many = [{"Id": str(number), "MessageBody": "x"} for number in range(11)]
        twice = [{"Id": "same", "MessageBody": "x"}] * 2
        strange = [{"Id": "no blanks", "MessageBody": "x"}]
        long = [{"Id": name, "MessageBody": "x" * 600_000} for name in "ab"]
        for entries, error in [
            (many, "TooManyEntriesInBatchRequest"), ([], "EmptyBatchRequest"),
            (twice, "BatchEntryIdsNotDistinct"), (strange, "InvalidBatchEntryId"),
            (long, "BatchRequestTooLong"),
        ]:
            with self.subTest(error), self.assertRaises(getattr(self.sqs.exceptions, error)) as raised:
                self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
            self.assertEqual(raised.exception.response["Error"]["Code"], f"AWS.SimpleQueueService.{error}")

    def test_handles_in_a_batch(self):
        url = self.queue(VisibilityTimeout="30")
        self.sqs.send_message_batch(QueueUrl=url, Entries=self.ENTRIES[:2])
        handles = [m["ReceiptHandle"] for m in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]]
        reply = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
        ])
        self.assertEqual(reply["Successful"], [{"Id": "a"}])
        self.assertEqual([failed["Code"] for failed in reply["Failed"]], ["ReceiptHandleIsInvalid"])
        self.assertEqual(self.counts(url), (1, 1, 0))


class Trouble(Session):
    def statuses(self):
        return [call["status"] for call in ADMIN.calls()]

    def test_boto3_tries_again_after_a_throttle_and_a_500(self):
        url = self.queue()
        fault("wrong_status", "SendMessage", {"cause": "RequestThrottled"}, times=1)
        client(attempts=3).send_message(QueueUrl=url, MessageBody="a")
        self.assertEqual(self.statuses()[-2:], [400, 200])
        ADMIN.send("POST", "errors", {"status": 500})
        client(attempts=3).send_message(QueueUrl=url, MessageBody="b")
        self.assertEqual(self.statuses()[-2:], [500, 200])
        self.assertEqual(self.bodies(url), ["a", "b"])

    def test_no_calls_left(self):
        url = self.queue()
        ADMIN.left("sqs.standard", 0)
        with self.assertRaises(self.sqs.exceptions.RequestThrottled):
            self.sqs.send_message(QueueUrl=url, MessageBody="a")
        advance(1)
        self.sqs.send_message(QueueUrl=url, MessageBody="a")

    def test_a_lost_reply_doubles_a_message_in_a_standard_queue(self):
        url = self.queue()
        fault("lost_reply", "SendMessage", times=1)
        client(attempts=2).send_message(QueueUrl=url, MessageBody="a")
        self.assertEqual(self.bodies(url), ["a", "a"])

    def test_and_not_in_a_fifo_queue(self):
        url = self.queue("work.fifo", ContentBasedDeduplication="true")
        fault("lost_reply", "SendMessage", times=1)
        with self.assertRaises((ConnectionError, HTTPClientError)):
            self.sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="g")
        self.assertEqual(self.counts(url), (1, 0, 0))
        self.sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="g")
        self.assertEqual(self.counts(url), (1, 0, 0))

    def test_messages_whose_receipt_was_lost_come_again(self):
        url = self.queue(VisibilityTimeout="30")
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        fault("lost_reply", "ReceiveMessage", times=1)
        with self.assertRaises((ConnectionError, HTTPClientError)):
            self.sqs.receive_message(QueueUrl=url)
        self.assertEqual(self.bodies(url), [])
        advance(30)
        self.assertEqual(self.bodies(url), ["a"])

    def test_a_sandbox_of_its_own(self):
        ADMIN.send("POST", "sandboxes", {"id": "apart", "expiresAfter": "PT1M"})
        apart = boto3.client(
            "sqs", endpoint_url=f"{BASE_URL}/s/apart/sqs", region_name="us-east-1",
            aws_access_key_id="anything", aws_secret_access_key="anything")
        url = apart.create_queue(QueueName="elsewhere")["QueueUrl"]
        self.assertEqual(url, f"{BASE_URL}/s/apart/sqs/000000000000/elsewhere")
        apart.send_message(QueueUrl=url, MessageBody="a")
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="elsewhere")


if __name__ == "__main__":
    unittest.main()
