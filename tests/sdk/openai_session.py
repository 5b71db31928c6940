"""OpenAI's own SDK against the pack `openai`: an agent's whole loop, whole and as a stream, and what goes wrong."""

import json
import sys
import time
import unittest

import openai
from pydantic import BaseModel

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)
MODEL = "gpt-4o"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER = {"name": "get_weather", "description": "The weather in a city.", "parameters": PARAMETERS, "strict": True}


def get_weather(city):
    return json.dumps({"city": city, "celsius": {"Paris": 18, "Oslo": 7}[city]})


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        self.client = self.as_client(max_retries=0)

    def as_client(self, **more):
        return openai.OpenAI(base_url=f"{BASE_URL}/openai/v1", **{"api_key": "sk-sparring", **more})

    def script(self, *turns):
        ADMIN.send("POST", "collections/openai.scripts", list(turns))

    def say(self, text, client=None, **more):
        return (client or self.client).chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}], **more)

    def refused(self, error, call, *arguments, **parameters):
        """Calls, and gives the exception that the SDK raises."""
        with self.assertRaises(error) as raised:
            call(*arguments, **parameters)
        return raised.exception

    def statuses(self):
        return [call["status"] for call in ADMIN.calls()]


class Models(Session):
    def test_all_of_them(self):
        ids = [model.id for model in self.client.models.list()]
        self.assertGreaterEqual(len(ids), 30)
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(self.client.models.retrieve(MODEL).object, "model")

    def test_none_of_them(self):
        error = self.refused(openai.NotFoundError, self.client.models.retrieve, "gpt-99")
        self.assertEqual(error.code, "model_not_found")


class Chat(Session):
    def test_without_a_script_it_says_what_it_was_told(self):
        reply = self.say("hello you")
        self.assertEqual((reply.choices[0].message.content, reply.choices[0].finish_reason), ("hello you", "stop"))
        self.assertEqual(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)
        self.assertTrue(reply.id.startswith("chatcmpl-") and reply._request_id.startswith("req_"))

    def test_turns_in_their_order_and_by_what_was_said(self):
        self.script({"text": "one"}, {"when": "dogs", "text": "Dogs bark."}, {"text": "two"}, {"text": "and so on", "times": 0})
        said = [self.say(text).choices[0].message.content for text in ("hi", "what of dogs?", "hi", "hi", "hi")]
        self.assertEqual(said, ["one", "Dogs bark.", "two", "and so on", "and so on"])

    def test_several_choices(self):
        self.assertEqual([choice.index for choice in self.say("hi", n=3).choices], [0, 1, 2])

    def test_a_reply_that_is_cut_off(self):
        self.script({"text": "Once upon", "finish": "length"})
        self.assertEqual(self.say("a tale").choices[0].finish_reason, "length")

    def test_arguments_that_are_no_json(self):
        self.script({"calls": [{"name": "get_weather", "arguments": "{\"city\": Par"}]})
        [call] = self.say("weather").choices[0].message.tool_calls
        self.refused(json.JSONDecodeError, json.loads, call.function.arguments)

    def test_a_parsed_reply(self):
        class Weather(BaseModel):
            city: str
            celsius: int

        self.script({"text": get_weather("Oslo")})
        reply = self.client.chat.completions.parse(model=MODEL, messages=[{"role": "user", "content": "Oslo"}], response_format=Weather)
        self.assertEqual(reply.choices[0].message.parsed, Weather(city="Oslo", celsius=7))

    def test_stored_and_retrieved(self):
        made = self.say("keep this", store=True, metadata={"run": "7"})
        self.assertEqual(self.client.chat.completions.retrieve(made.id).metadata, {"run": "7"})
        passing = self.say("forget this")
        self.refused(openai.NotFoundError, self.client.chat.completions.retrieve, passing.id)


class ChatAgent(Session):
    """A loop as agents have it: until no tool is called."""

    TOOLS = [{"type": "function", "function": WEATHER}]

    def setUp(self):
        super().setUp()
        self.script(
            {"when": "weather", "calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "get_weather", "arguments": {"city": "Oslo"}}]},
            {"when": "weather", "text": "It is 18 degrees in Paris, and 7 in Oslo."},
        )

    def run_agent(self, ask):
        messages = [{"role": "user", "content": "How is the weather in Paris and Oslo?"}]
        for _ in range(5):
            message = ask(messages)
            messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return messages
            for call in message.tool_calls:
                result = get_weather(**json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        raise AssertionError("the loop does not end")

    def check(self, messages):
        self.assertEqual([message["role"] for message in messages], ["user", "assistant", "tool", "tool", "assistant"])
        self.assertEqual(messages[-1]["content"], "It is 18 degrees in Paris, and 7 in Oslo.")
        self.assertEqual(len({call["id"] for call in messages[1]["tool_calls"]}), 2)

    def test_whole(self):
        self.check(self.run_agent(lambda messages: self.client.chat.completions.create(model=MODEL, messages=messages, tools=self.TOOLS).choices[0].message))

    def test_as_a_stream(self):
        def ask(messages):
            with self.client.chat.completions.stream(model=MODEL, messages=messages, tools=self.TOOLS, stream_options={"include_usage": True}) as stream:
                kinds = {event.type for event in stream}
                final = stream.get_final_completion()
            called = final.choices[0].finish_reason == "tool_calls"
            self.assertIn("tool_calls.function.arguments.done" if called else "content.delta", kinds)
            self.assertGreater(final.usage.completion_tokens, 0)
            return final.choices[0].message

        self.check(self.run_agent(ask))

    def test_a_tool_whose_result_is_forgotten(self):
        call = self.client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "weather"}]).choices[0].message
        messages = [{"role": "user", "content": "weather"}, call.model_dump(exclude_none=True), {"role": "user", "content": "well?"}]
        error = self.refused(openai.BadRequestError, self.client.chat.completions.create, model=MODEL, messages=messages)
        self.assertIn("must be followed by tool messages", error.message)


class ChatStream(Session):
    def test_word_by_word(self):
        self.script({"text": "Hello, how  are\nyou today?"})
        chunks = list(self.say("hi", stream=True))
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
        self.assertEqual("".join(pieces), "Hello, how  are\nyou today?")
        self.assertGreater(len(pieces), 3)
        self.assertEqual((chunks[0].choices[0].delta.role, chunks[-1].choices[0].finish_reason), ("assistant", "stop"))
        self.assertEqual({chunk.id for chunk in chunks}, {chunks[0].id})
        self.assertTrue(all(chunk.usage is None for chunk in chunks))

    def test_several_choices(self):
        said = {}
        for chunk in self.say("hello my friend", stream=True, n=2):
            said[chunk.choices[0].index] = said.get(chunk.choices[0].index, "") + (chunk.choices[0].delta.content or "")
        self.assertEqual(said, {0: "hello my friend", 1: "hello my friend"})

    def test_usage_is_the_last_chunk(self):
        *others, last = self.say("hi", stream=True, stream_options={"include_usage": True})
        self.assertTrue(all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in others))
        self.assertEqual((last.choices, last.usage.total_tokens), ([], last.usage.prompt_tokens + last.usage.completion_tokens))

    def test_arguments_in_pieces(self):
        self.script({"calls": [{"name": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"}}]})
        first, *rest = [chunk.choices[0].delta for chunk in self.say("weather", stream=True) if chunk.choices]
        pieces = [delta.tool_calls[0].function for delta in rest if delta.tool_calls]
        self.assertEqual((first.content, pieces[0].name, pieces[0].arguments), (None, "get_weather", ""))
        self.assertGreater(len(pieces), 3)
        self.assertEqual(json.loads("".join(piece.arguments for piece in pieces)), {"city": "Paris", "unit": "celsius"})

    def test_cut_in_the_middle(self):
        self.script({"text": "one two three four five six", "times": 0})
        ADMIN.send("POST", "faults", {"mode": "truncated_body", "times": 1, "with": {"events": 3}})
        pieces = []
        with self.assertRaises(openai.APIConnectionError):
            for chunk in self.say("count", stream=True):
                pieces.append(chunk.choices[0].delta.content or "")
        self.assertEqual("".join(pieces), "one two")
        whole = "".join(chunk.choices[0].delta.content or "" for chunk in self.say("count", stream=True))
        self.assertEqual(whole, "one two three four five six")


class Responses(Session):
    def test_without_a_script_it_says_what_it_was_told(self):
        reply = self.client.responses.create(model=MODEL, input="hello you")
        self.assertEqual((reply.output_text, reply.status, reply.model), ("hello you", "completed", "gpt-4o-2024-08-06"))
        self.assertEqual(self.client.responses.retrieve(reply.id).output_text, "hello you")
        self.client.responses.delete(reply.id)
        self.refused(openai.NotFoundError, self.client.responses.retrieve, reply.id)

    def test_one_goes_on_from_another(self):
        self.script({"when": "dogs", "text": "Dogs bark."}, {"text": "Because they can."})
        first = self.client.responses.create(model=MODEL, input="What do dogs do?")
        second = self.client.responses.create(model=MODEL, input="Why?", previous_response_id=first.id)
        self.assertEqual((second.output_text, second.previous_response_id), ("Because they can.", first.id))
        error = self.refused(openai.BadRequestError, self.client.responses.create, model=MODEL, input="?", previous_response_id="resp_x")
        self.assertEqual(error.code, "previous_response_not_found")

    def test_cut_off(self):
        self.script({"text": "Once upon", "finish": "length", "times": 2})
        reply = self.client.responses.create(model=MODEL, input="a tale")
        self.assertEqual((reply.status, reply.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        *_, last = self.client.responses.create(model=MODEL, input="a tale", stream=True)
        self.assertEqual((last.type, last.response.status), ("response.incomplete", "incomplete"))

    def test_a_stream_that_is_cut_in_the_middle(self):
        ADMIN.send("POST", "faults", {"mode": "truncated_body", "times": 1, "with": {"events": 6}})
        said = []
        with self.assertRaises(openai.APIConnectionError):
            for event in self.client.responses.create(model=MODEL, input="one two three", stream=True):
                said += [event.delta] if event.type == "response.output_text.delta" else []
        self.assertEqual(said, ["one", " two"])


class ResponsesAgent(Session):
    TOOLS = [{"type": "function", **WEATHER}]

    def setUp(self):
        super().setUp()
        self.script(
            {"when": "weather", "text": "Let me look.", "calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]},
            {"when": "weather", "calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]},
            {"when": "weather", "text": "It is 18 degrees in Paris, and 7 in Oslo."},
        )

    def run_agent(self, ask):
        """Goes on from each response until no tool is called; gives all responses."""
        replies, given = [], "How is the weather in Paris and Oslo?"
        for _ in range(5):
            previous = replies[-1].id if replies else None
            replies.append(ask(input=given, previous_response_id=previous))
            calls = [item for item in replies[-1].output if item.type == "function_call"]
            if not calls:
                return replies
            given = [{"type": "function_call_output", "call_id": call.call_id, "output": get_weather(**json.loads(call.arguments))} for call in calls]
        raise AssertionError("the loop does not end")

    def check(self, replies):
        self.assertEqual([[item.type for item in reply.output] for reply in replies], [["message", "function_call"], ["function_call"], ["message"]])
        self.assertEqual(replies[-1].output_text, "It is 18 degrees in Paris, and 7 in Oslo.")

    def test_whole(self):
        self.check(self.run_agent(lambda **more: self.client.responses.create(model=MODEL, tools=self.TOOLS, **more)))

    def test_as_a_stream(self):
        def ask(**more):
            with self.client.responses.stream(model=MODEL, tools=self.TOOLS, **more) as stream:
                events = list(stream)
                self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
                self.assertEqual((events[0].type, events[-1].type), ("response.created", "response.completed"))
                return stream.get_final_response()

        self.check(self.run_agent(ask))

    def test_with_all_items_instead_of_the_last_response(self):
        items = [{"role": "user", "content": "weather"}]
        for _ in range(3):
            reply = self.client.responses.create(model=MODEL, input=items, store=False)
            items += reply.output
            items += [{"type": "function_call_output", "call_id": item.call_id, "output": "7"} for item in reply.output if item.type == "function_call"]
        self.assertEqual(reply.output_text, "It is 18 degrees in Paris, and 7 in Oslo.")


class Mistakes(Session):
    def test_a_wrong_key(self):
        ADMIN.send("PUT", "auth/openai", {"enforced": True})
        self.say("hi")
        error = self.refused(openai.AuthenticationError, self.say, "hi", self.as_client(api_key="sk-nobody-0000001234", max_retries=0))
        self.assertEqual((error.status_code, error.code), (401, "invalid_api_key"))

    def test_a_model_that_is_none(self):
        error = self.refused(openai.NotFoundError, self.client.chat.completions.create, model="gpt-99", messages=[{"role": "user", "content": "hi"}])
        self.assertEqual((error.code, error.param), ("model_not_found", None))

    def test_no_messages(self):
        error = self.refused(openai.BadRequestError, self.client.chat.completions.create, model=MODEL, messages=[])
        self.assertEqual((error.code, error.param), ("empty_array", "messages"))

    def test_too_much(self):
        call = {"model": "gpt-4", "messages": [{"role": "user", "content": "word " * 8000}]}
        error = self.refused(openai.BadRequestError, self.client.chat.completions.create, **call)
        self.assertEqual((error.code, error.param), ("context_length_exceeded", "messages"))
        self.assertIn("maximum context length is 8192 tokens", error.message)


class Troubles(Session):
    def test_what_is_left_is_told(self):
        ADMIN.freeze()
        raw = [self.client.chat.completions.with_raw_response.create(model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "hi"}]) for _ in range(2)]
        told = [(reply.headers["x-ratelimit-remaining-requests"], reply.headers["x-ratelimit-remaining-tokens"]) for reply in raw]
        self.assertEqual(told, [("499", "29900"), ("498", "29800")])
        self.assertEqual((raw[0].headers["x-ratelimit-limit-requests"], raw[0].headers["x-ratelimit-limit-tokens"]), ("500", "30000"))

    def test_no_calls_and_no_tokens_left(self):
        ADMIN.freeze()
        for limit in ("requests", "tokens"):
            with self.subTest(limit=limit):
                ADMIN.reset()
                ADMIN.freeze()
                ADMIN.left(f"openai.{limit}", 0)
                error = self.refused(openai.RateLimitError, self.say, "hi")
                self.assertEqual((error.code, error.type), ("rate_limit_exceeded", limit))

    def test_it_waits_as_long_as_it_is_told(self):
        ADMIN.send("POST", "faults", {"mode": "rate_limited", "times": 1, "with": {"retryAfter": 1}})
        begun = time.monotonic()
        self.assertEqual(self.say("hi", self.as_client(max_retries=2)).choices[0].message.content, "hi")
        self.assertEqual(self.statuses(), [429, 200])
        self.assertGreaterEqual(time.monotonic() - begun, 1)

    def test_429_and_500_on_the_way(self):
        for status in (429, 500):
            ADMIN.send("POST", "errors", {"status": status, "headers": {"retry-after-ms": "1"}})
        self.assertEqual(self.say("hi", self.as_client(max_retries=2)).choices[0].message.content, "hi")
        self.assertEqual(self.statuses(), [429, 500, 200])

    def test_500_is_told(self):
        ADMIN.send("POST", "errors", {"status": 500})
        error = self.refused(openai.InternalServerError, self.say, "hi")
        self.assertEqual((error.status_code, error.type), (500, "server_error"))

    def test_no_quota_and_no_use_in_waiting(self):
        ADMIN.send("POST", "faults", {"mode": "wrong_status", "with": {"cause": "insufficient_quota"}})
        error = self.refused(openai.RateLimitError, self.say, "hi")
        self.assertEqual((error.code, error.type), ("insufficient_quota", "insufficient_quota"))

    def test_a_reply_that_is_lost_is_asked_for_again(self):
        self.script({"text": "first"}, {"text": "second"})
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "times": 1})
        # There are no keys here: what was lost has been said, and the next turn answers.
        self.assertEqual(self.say("hi", self.as_client(max_retries=1)).choices[0].message.content, "second")


if __name__ == "__main__":
    unittest.main()
