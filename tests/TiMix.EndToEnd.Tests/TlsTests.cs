using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Nodes know each other by a key: that of their token, or of a certificate. Whoever has another stays outside, hears why, and costs the
/// run nothing.
/// </summary>
public sealed class TlsTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    [Fact]
    [Trait("suite", "deep")]
    public async Task Only_nodes_with_the_clusters_certificate_take_part()
    {
        var (ours, another) = (NewCertificate("ours"), NewCertificate("another"));
        var address = $"127.0.0.1:{TestPorts.Next()}";
        using var first = Start("first", "coordinator,loader,mixer,evaluator", address, "--recipe", Recipe, "--certificate", ours);
        await first.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));
        using var without = Start("without", "trainer", "127.0.0.1:0", "--join", address);
        await HandshakeFails("first");
        using var wrong = Start("wrong", "trainer", "127.0.0.1:0", "--join", address, "--certificate", another);
        await HandshakeFails("wrong");
        Assert.True(await IsThrownOutAsync(address, null));
        Assert.True(await IsThrownOutAsync(address, another));

        using var right = Start("right", "trainer", "127.0.0.1:0", "--join", address, "--certificate", ours);
        Assert.True(await first.ExitAsync() == 0, first.Output);
        Assert.Equal(0, await right.ExitAsync());
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
        Assert.Equal(1, TimixProcess.Summary(Runs, "run")["trainers"]!.GetValue<int>());
        Assert.Equal(1, TimixProcess.Summary(Runs, "run")["views"]!.GetValue<int>());
        Assert.Contains("right", first.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_another_token_is_refused_with_a_word_on_both_sides()
    {
        var address = $"127.0.0.1:{TestPorts.Next()}";
        using var first = Start("first", "coordinator,loader,mixer,evaluator", address, "--recipe", Recipe);
        await first.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));
        using var wrong = StartWith("another-of-this-test", "wrong", "trainer", "127.0.0.1:0", "--join", address);
        Assert.Equal(1, await wrong.ExitAsync());
        Assert.Contains($"{address} cannot be joined: it does not have this node's token", wrong.Output, StringComparison.Ordinal);
        await first.LineAsync(line => line.Contains("127.0.0.1 was turned away: it does not have this cluster's token", StringComparison.Ordinal));
        Assert.True(await IsThrownOutAsync(address, null));

        using var right = Start("right", "trainer", "127.0.0.1:0", "--join", address);
        Assert.True(await first.ExitAsync() == 0, first.Output);
        Assert.Equal(0, await right.ExitAsync());
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
        Assert.Equal(1, TimixProcess.Summary(Runs, "run")["views"]!.GetValue<int>());
    }

    [Fact]
    public async Task Plain_text_is_said_loudly_and_what_cannot_be_joined_is_named()
    {
        using var node = Start(
            "plain", "trainer", "127.0.0.1:0", "--join", $"host.invalid:4053,127.0.0.1:{TestPorts.Next()}", "--insecure");
        await node.LineAsync(line => line.Contains("INSECURE: nodes talk in plain text", StringComparison.Ordinal));
        await node.LineAsync(
            line => line.Contains(
                "not in the cluster yet: the host of host.invalid:4053 cannot be resolved; nobody listens at 127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_without_its_key_is_refused()
    {
        var file = Path.Combine(Runs, "public.p12");
        using var whole = X509CertificateLoader.LoadPkcs12FromFile(NewCertificate("whole"), null);
        using var half = X509CertificateLoader.LoadCertificate(whole.Export(X509ContentType.Cert));
        await File.WriteAllBytesAsync(file, half.Export(X509ContentType.Pkcs12));
        using var node = Start("first", "trainer", "127.0.0.1:0", "--join", "127.0.0.1:4053", "--certificate", file);
        Assert.Equal(2, await node.ExitAsync());
        Assert.Contains("it holds no private key; it must be a PKCS #12 file with a private key", node.Output, StringComparison.Ordinal);
    }

    /// <summary>Its log says so: to whom it listens, or whom it asked.</summary>
    private async Task HandshakeFails(string node)
    {
        var log = Path.Combine(Runs, "run", "nodes", node + ".akka.txt");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!File.Exists(log) || !(await ReadAsync(log)).Contains("TLS handshake failed", StringComparison.Ordinal))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Whether the node refuses somebody who would take any certificate of it, and shows this one or none.</summary>
    private static async Task<bool> IsThrownOutAsync(string address, string? file)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var certificate = file is null ? null : X509CertificateLoader.LoadPkcs12FromFile(file, null);
        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(address), patience.Token);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "timix", ClientCertificates = certificate is null ? [] : [certificate] }, patience.Token);
            return await tls.ReadAsync(new byte[1], patience.Token) == 0;
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private string NewCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var file = Path.Combine(Runs, name + ".p12");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12));
        return file;
    }

    private TimixProcess Start(string name, string roles, string listen, params string[] more) =>
        StartWith("of-this-test-alone", name, roles, listen, more);

    private TimixProcess StartWith(string token, string name, string roles, string listen, params string[] more) =>
        TimixProcess.Node(["TIMIX_TOKEN=" + token], name, roles, "run", Runs, ["--listen", listen, .. more]);
}
