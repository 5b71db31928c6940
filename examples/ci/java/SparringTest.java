// The server in a container of its own, for the tests of a Java project. It needs JUnit 5 and
// org.testcontainers:junit-jupiter; SPARRING_IMAGE names the image.

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

@Testcontainers
class SparringTest {
    private static final String IMAGE = System.getenv().getOrDefault("SPARRING_IMAGE", "sparring");

    // One server for all tests of the class. Waiting for a port would need a shell in the image.
    @Container
    private static final GenericContainer<?> SERVER =
            new GenericContainer<>(DockerImageName.parse(IMAGE))
                    .withEnv("SPARRING_SEED", "1")
                    .withExposedPorts(8080)
                    .waitingFor(Wait.forHttp("/__admin/health").forPort(8080).forStatusCode(200));

    private final HttpClient client = HttpClient.newHttpClient();
    private String sandbox;

    // A sandbox that only this test sees.
    @BeforeEach
    void makeSandbox() throws Exception {
        String server = "http://" + SERVER.getHost() + ":" + SERVER.getMappedPort(8080);
        String id = UUID.randomUUID().toString();
        assertEquals(201, post(server + "/__admin/sandboxes", "{\"id\": \"" + id + "\"}").statusCode());
        sandbox = server + "/s/" + id;
    }

    @Test
    void anAmountIsHeld() throws Exception {
        post(sandbox + "/v1/create_escrow", "{\"payer\": \"alice\", \"payee\": \"bob\", \"amount\": \"25.00\"}");
        String balance = post(sandbox + "/v1/get_balance", "{\"agent_id\": \"alice\"}").body();
        assertTrue(balance.contains("475.00"), balance);
    }

    private HttpResponse<String> post(String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
