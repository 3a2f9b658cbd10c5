using System.Buffers;

namespace TiMix.Data.Text;

/// <summary>A file of JSON with numbers that are none as null; read from front to end.</summary>
internal sealed class PythonJsonStream(Stream inner) : Stream
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly ArrayBufferWriter<byte> _written = new(1 << 16);
    private PythonJson _json;
    private int _kept;
    private int _given;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (_given == _written.WrittenCount && !_ended)
        {
            var read = inner.Read(_buffer, _kept, _buffer.Length - _kept);
            (_ended, _given) = (read == 0, 0);
            _written.ResetWrittenCount();
            var length = _kept + read;
            var taken = _json.Rewrite(_buffer.AsSpan(0, length), _ended, _written);
            _kept = length - taken;
            _buffer.AsSpan(taken, _kept).CopyTo(_buffer);
        }

        var ready = _written.WrittenSpan[_given..];
        ready = ready[..Math.Min(ready.Length, buffer.Length)];
        ready.CopyTo(buffer);
        _given += ready.Length;
        return ready.Length;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
