using SkiaSharp;
using TiMix.Base;

namespace TiMix.Node.Pictures;

/// <summary>Writes a drawn sheet as a PNG.</summary>
internal static class SheetFile
{
    /// <exception cref="RunError">The file cannot be written.</exception>
    public static void Write(SKBitmap sheet, string file)
    {
        using var data = sheet.Encode(SKEncodedImageFormat.Png, 100);
        try
        {
            using var stream = File.Create(file);
            data.SaveTo(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{file} cannot be written: {error.Message}");
        }
    }
}
