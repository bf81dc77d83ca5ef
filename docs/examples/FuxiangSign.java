import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs one request to the open gateway (RFC 9421, profile RCB-SIG-1) and prints the answer. JDK 17,
 * nothing else:
 *
 * <pre>
 * openssl pkcs8 -topk8 -nocrypt -in p256.pem -out p256.p8.pem
 * APP_ID=app_… KEY_ID=k_sbx_… KEY_FILE=p256.p8.pem \
 *   java FuxiangSign.java GET https://sandbox.open.example.com/gw/v1/quota
 * </pre>
 *
 * With SECRET_FILE instead of KEY_FILE the signature is an HMAC. A body and its type may follow the
 * address; IDEMPOTENCY_KEY is signed and sent when it is set.
 */
public final class FuxiangSign {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Of a request: what it is signed with, and the headers that are sent. */
    private record Signed(Map<String, String> headers, String signature) {}

    @FunctionalInterface
    private interface Signer {
        byte[] sign(byte[] message) throws GeneralSecurityException;
    }

    public static void main(String[] arguments) throws Exception {
        String method = arguments[0];
        URI address = URI.create(arguments[1]);
        byte[] body = arguments.length > 2 ? arguments[2].getBytes(StandardCharsets.UTF_8) : new byte[0];
        String type = arguments.length > 3 ? arguments[3] : "application/json";
        Signed signed = sign(method, address, body, type, signer());
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        signed.headers().forEach(request::header);
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode());
        System.out.println(answer.headers().firstValue("Rcb-Request-Id").orElse(""));
        System.out.println(answer.body());
    }

    private static Signed sign(String method, URI address, byte[] body, String type, Signer signer)
            throws GeneralSecurityException {
        String query = address.getRawQuery();
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("@method", method);
        lines.put("@authority", address.getRawAuthority().toLowerCase());
        lines.put("@path", address.getRawPath());
        lines.put("@query", "?" + (query == null ? "" : query));
        if (body.length > 0) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            lines.put("content-digest", "sha-256=:" + base64(digest) + ":");
            lines.put("content-type", type);
        }
        lines.put("rcb-app-id", System.getenv("APP_ID"));
        String order = System.getenv("IDEMPOTENCY_KEY");
        if (order != null && !order.isEmpty()) {
            lines.put("idempotency-key", order);
        }
        String parameters = parameters(lines);
        String signature = ":" + base64(signer.sign(base(lines, parameters))) + ":";
        Map<String, String> headers = new LinkedHashMap<>(lines);
        headers.keySet().removeIf(name -> name.startsWith("@"));
        headers.put("Signature-Input", "sig1=" + parameters);
        headers.put("Signature", "sig1=" + signature);
        return new Signed(headers, signature);
    }

    private static String parameters(Map<String, String> lines) {
        byte[] nonce = new byte[16];
        RANDOM.nextBytes(nonce);
        long created = Instant.now().getEpochSecond();
        return "(" + String.join(" ", lines.keySet().stream().map(name -> '"' + name + '"').toList()) + ")"
                + ";created=" + created + ";expires=" + (created + 300)
                + ";nonce=\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(nonce) + '"'
                + ";keyid=\"" + System.getenv("KEY_ID") + "\";tag=\"rcb-gw-1\"";
    }

    /** RFC 9421, section 2.5: one line for each component, none at the end. */
    private static byte[] base(Map<String, String> lines, String parameters) {
        List<String> base = new ArrayList<>();
        lines.forEach((name, value) -> base.add('"' + name + "\": " + value));
        base.add("\"@signature-params\": " + parameters);
        return String.join("\n", base).getBytes(StandardCharsets.US_ASCII);
    }

    private static Signer signer() throws Exception {
        String file = System.getenv("KEY_FILE");
        if (file == null) {
            String secret = Files.readString(Path.of(System.getenv("SECRET_FILE"))).strip();
            return message -> {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
                return mac.doFinal(message);
            };
        }
        String pem = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "");
        byte[] encoded = Base64.getMimeDecoder().decode(pem);
        PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        return message -> {
            // r and s as 32 bytes each; plain SHA256withECDSA would write ASN.1, which is refused.
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        };
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
