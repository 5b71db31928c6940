//! XML against what WireMock answers, and against what is made to cost too much.

mod equal;
mod equal_documents;
mod hostile;
mod xpath;
mod xpath_documents;
mod xpath_positions;
