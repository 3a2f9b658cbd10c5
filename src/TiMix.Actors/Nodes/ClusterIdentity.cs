using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using TiMix.Base;
using TiMix.Protocol.Notices;

namespace TiMix.Actors.Nodes;

/// <summary>
/// By what the nodes of a cluster know each other: one key that all of them have. Whoever connects, in either direction, must prove
/// that it has it; no authority is asked, and no host name compared. The key comes from the cluster's token, or from a file.
/// </summary>
internal sealed class ClusterIdentity : IDisposable
{
    /// <summary>Environment variable with the password of the certificate's file.</summary>
    public const string PasswordVariable = "TIMIX_CERTIFICATE_PASSWORD";

    /// <summary>Whoever connects is shown the public key and may try tokens at leisure; so many rounds make every try cost some 50 ms.</summary>
    private const int Rounds = 100_000;

    private static readonly TimeSpan NearItsEnd = TimeSpan.FromDays(30);

    /// <summary>Of the curve P-256 (FIPS 186-4, D.1.2.3).</summary>
    private static readonly BigInteger Order = new(
        Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private ClusterIdentity(X509Certificate2? certificate, Notice? warning) => (Certificate, Warning) = (certificate, warning);

    /// <summary>With the private key; null: nodes talk in plain text.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Whether the key is that of <c>--certificate</c>.</summary>
    public bool IsFromFile { get; private init; }

    /// <summary>What the user should know of it; null: nothing.</summary>
    public Notice? Warning { get; }

    /// <summary>That of a node.</summary>
    /// <exception cref="RunError">The certificate's file is not right.</exception>
    public static ClusterIdentity Of(NodeOptions options) => options.Insecure
        ? new ClusterIdentity(null, new Notice.PlainText())
        : options.Certificate is { } file
        ? FromFile(file)
        : new ClusterIdentity(FromToken(options.Token), null);

    /// <summary>For the cluster's own messages.</summary>
    /// <param name="refused">Told of the peer that does not have the key.</param>
    public DotNettySslSetup SetupFor(Action<string> refused)
    {
        var ours = Certificate!.PublicKey.ExportSubjectPublicKeyInfo();
        return new DotNettySslSetup(Certificate, suppressValidation: false, requireMutualAuthentication: true, customValidator: (presented, _, peer, _, _) =>
        {
            var known = presented is not null && presented.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(ours);
            if (!known)
            {
                refused(peer);
            }

            return known;
        });
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate?.Dispose();

    /// <summary>The same key in every process that has the token; what else stands in the certificate is compared by nobody.</summary>
    private static X509Certificate2 FromToken(string token)
    {
        var secret = Rfc2898DeriveBytes.Pbkdf2(System.Text.Encoding.UTF8.GetBytes(token), "TiMix cluster key 1"u8, Rounds, HashAlgorithmName.SHA256, 40);
        var scalar = 1 + (new BigInteger(secret, isUnsigned: true) % (Order - 1));
        var d = new byte[32];
        scalar.TryWriteBytes(d.AsSpan(32 - scalar.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
        return new CertificateRequest("CN=timix", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));
    }

    private static ClusterIdentity FromFile(string file)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(file, Environment.GetEnvironmentVariable(PasswordVariable));
            if (!certificate.HasPrivateKey)
            {
                throw new CryptographicException("it holds no private key");
            }

            var end = new DateTimeOffset(certificate.NotAfter);
            var left = end - TimeProvider.System.GetUtcNow();
            return new ClusterIdentity(
                certificate,
                left < NearItsEnd
                    ? new Notice.CertificateEnds(file, end.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), (int)Math.Floor(left.TotalDays))
                    : null)
            {
                IsFromFile = true,
            };
        }
        catch (Exception error) when (error is CryptographicException or IOException)
        {
            throw new RunError($"--certificate {file}: {error.Message.TrimEnd('.')}; it must be a PKCS #12 file with a private key, its "
                + $"password in {PasswordVariable}.");
        }
    }
}
