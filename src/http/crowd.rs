//! How many connections there are, in all and from one address.
//!
//! Whoever comes when it is full is told so and leaves: a caller that knows waits and comes again,
//! one that hangs in a queue does not.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// What is told to whoever comes when it is full, before anything is asked.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\n\
retry-after: 1\r\n\
sparring-overload: connections\r\n\
connection: close\r\n\
content-length: 78\r\n\
\r\n\
{\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"too many connections\"}\r\n";

/// How many are told so at once; others are only let go.
const TOLD_MAX: usize = 64;

/// How long somebody who is told so may take to leave.
const LEAVING_TIME: Duration = Duration::from_millis(500);

/// Everybody who has a connection.
pub(super) struct Crowd {
    max: usize,
    of_one_max: usize,
    all: AtomicUsize,
    addresses: DashMap<IpAddr, usize>,
    told: Arc<Semaphore>,
}

/// A place among them; free when it is dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// At most so many connections, and so many of them from one address.
    pub(super) fn new(max: usize, of_one_max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            of_one_max,
            all: AtomicUsize::new(0),
            addresses: DashMap::new(),
            told: Arc::new(Semaphore::new(TOLD_MAX)),
        })
    }

    /// A place for a connection from an address, if there is one.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = network(address);
        if self.all.fetch_add(1, Ordering::Relaxed) >= self.max {
            self.all.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let mut of_one = self.addresses.entry(address).or_default();
        *of_one += 1;
        let fits = *of_one <= self.of_one_max;
        drop(of_one);
        // One that does not fit is counted off again as it is dropped.
        let place = Place {
            crowd: self.clone(),
            address,
        };
        fits.then_some(place)
    }

    /// Tells somebody in the clear that it is full, and lets them read that.
    pub(super) fn turn_away(&self, mut stream: TcpStream) {
        let Ok(telling) = self.told.clone().try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let told = async {
                stream.write_all(FULL).await?;
                stream.shutdown().await?;
                // What is left unread when a connection closes would take the answer with it.
                let mut thrown_away = [0; 1024];
                while stream.read(&mut thrown_away).await? > 0 {}
                Ok::<(), std::io::Error>(())
            };
            let _ = timeout(LEAVING_TIME, told).await;
            drop(telling);
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.all.fetch_sub(1, Ordering::Relaxed);
        if let dashmap::Entry::Occupied(mut of_one) = self.crowd.addresses.entry(self.address) {
            *of_one.get_mut() -= 1;
            if *of_one.get() == 0 {
                of_one.remove();
            }
        }
    }
}

/// What counts as one address: of IPv6, a network of 64 bits, which is what one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(bits).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_places_in_all_and_for_each_address() {
        let crowd = Crowd::new(5, 2);
        let enter = |address: &str| crowd.enter(address.parse().expect("an address"));
        let mut places = vec![enter("10.0.0.1"), enter("::ffff:10.0.0.1")];
        assert!(enter("10.0.0.1").is_none(), "of one");
        places.push(enter("2001:db8::1"));
        places.push(enter("2001:db8::2"));
        assert!(enter("2001:db8::3").is_none(), "of one network");
        places.push(enter("2001:db8:0:1::1"));
        assert!(places.iter().all(Option::is_some));
        assert!(enter("10.0.0.2").is_none(), "in all");
        places.remove(0);
        assert!(enter("10.0.0.1").is_some(), "somebody has left");
        drop(places);
        assert_eq!(crowd.all.load(Ordering::Relaxed), 0);
        assert!(crowd.addresses.is_empty());
    }

    #[test]
    fn what_is_told_is_as_long_as_it_says() {
        let text = String::from_utf8_lossy(FULL);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
    }
}
