using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using TiMix.Actors.Nodes;
using TiMix.Exchange;
using TiMix.Exchange.Links;

namespace TiMix.Actors.Tests.Entering;

/// <summary>What is spoken at a node's two ports by somebody who has the key.</summary>
public sealed class TlsVersionTests : IDisposable
{
    private const string Token = "a token of this test";
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-tls-").FullName;

    private NodeOptions Options => new()
    {
        Name = "n",
        Roles = [],
        RunName = "r",
        RunsDirectory = _directory,
        DataDirectory = _directory,
        Token = Token,
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Akka's transport asks for 1.2 and cannot be told otherwise (Akka.Remote 1.5.73): when it speaks 1.3, SECURITY.md is to say so.</summary>
    [Fact]
    public async Task The_port_of_the_cluster_speaks_1_2()
    {
        using var identity = ClusterIdentity.Of(Options);
        await using var member = await ClusterSystem.StartAsync(
            Options, [], Path.Combine(_directory, "log.txt"), null, new ClusterDoor(identity, [], _ => { }));
        Assert.Equal(SslProtocols.Tls12, await SpokenAsync(member.Address, identity, SslProtocols.None));
    }

    [Theory]
    [InlineData(SslProtocols.None, SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls12, SslProtocols.Tls12)]
    public async Task The_port_of_the_exchange_speaks_the_newest_that_both_have(SslProtocols offered, SslProtocols spoken)
    {
        using var identity = ClusterIdentity.Of(Options);
        using var node = ExchangeNode.Start(new ExchangeOptions { Token = Token, Certificate = identity.Certificate });
        Assert.Equal(spoken, await SpokenAsync(node.Endpoint, identity, offered));
    }

    private static async Task<SslProtocols> SpokenAsync(string address, ClusterIdentity identity, SslProtocols offered)
    {
        var at = address.LastIndexOf(':');
        using var client = new TcpClient(address[..at], int.Parse(address[(at + 1)..]));
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "timix",
            EnabledSslProtocols = offered,
            ClientCertificates = [identity.Certificate!],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate!,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        return tls.SslProtocol;
    }
}
