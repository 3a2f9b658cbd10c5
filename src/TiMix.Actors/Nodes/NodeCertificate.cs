using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using TiMix.Base;

namespace TiMix.Actors.Nodes;

/// <summary>
/// The certificate that all nodes of a cluster share. Whoever connects, in either direction, must prove that it has the key of
/// this very certificate: no authority is asked, and no host name compared.
/// </summary>
internal static class NodeCertificate
{
    /// <summary>Environment variable with the file's password.</summary>
    public const string PasswordVariable = "TIMIX_CERTIFICATE_PASSWORD";

    /// <summary>Reads it; null: the cluster has none.</summary>
    /// <exception cref="RunError">The file is not right.</exception>
    public static X509Certificate2? Load(NodeOptions options)
    {
        try
        {
            var certificate = options.Certificate is { } file
                ? X509CertificateLoader.LoadPkcs12FromFile(file, Environment.GetEnvironmentVariable(PasswordVariable))
                : null;
            return certificate is not { HasPrivateKey: false } ? certificate : throw new CryptographicException("it holds no private key");
        }
        catch (Exception error) when (error is CryptographicException or IOException)
        {
            throw new RunError($"--certificate {options.Certificate}: {error.Message.TrimEnd('.')}; it must be a PKCS #12 file with a private key, its "
                + $"password in {PasswordVariable}.");
        }
    }

    /// <summary>For the cluster's own messages.</summary>
    public static DotNettySslSetup SetupOf(X509Certificate2 certificate) => new(
        certificate, suppressValidation: false, requireMutualAuthentication: true,
        customValidator: (presented, _, _, _, _) => presented is not null && presented.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));
}
